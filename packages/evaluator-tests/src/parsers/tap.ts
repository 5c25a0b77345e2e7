import type { Counts, TestOutputParser } from './test-output-parser.ts';

const VERSION = /^TAP version 1[34]$/;
const PLAN = /^1\.\.(\d{1,9})(?: *#.*)?$/;
const POINT = /^(not )?ok(?: \d{1,9})?(?: (.*))?$/;
const NEITHER = / #\s*(?:skip|todo)/i;
// Such as `# time=1.4ms {`, where the brace opens a subtest.
const COMMENT = / # .*$/;
const NODE_TEST = /^# cancelled \d+$/;

class Document {
  readonly #hasVersion: boolean;
  planned: number | undefined;
  bailedOut = false;
  fromNode = false;
  #points = 0;
  #passed = 0;
  #failed = 0;
  readonly #names: string[] = [];

  constructor(hasVersion: boolean) {
    this.#hasVersion = hasVersion;
  }

  get complete(): boolean {
    return this.planned !== undefined && this.#points >= this.planned;
  }

  add(ok: boolean, description: string): void {
    this.#points += 1;
    if (NEITHER.test(` ${description}`)) return;
    const name = description.replace(/^- /, '').replace(COMMENT, '');
    if (name !== '') this.#names.push(name);
    if (ok) this.#passed += 1;
    else this.#failed += 1;
  }

  counts(): Counts | undefined {
    // Without the first line of TAP, a plan or the word "ok" alone may be any program's output.
    const isTap = this.#hasVersion || (this.planned !== undefined && this.#points > 0);
    if (!isTap || this.fromNode) return undefined;
    const isBroken = this.bailedOut || this.planned !== this.#points;
    return { passed: this.#passed, failed: this.#failed + (isBroken ? 1 : 0), names: this.#names };
  }
}

function split(lines: readonly string[]): Document[] {
  let current = new Document(false);
  const documents = [current];
  const begin = (hasVersion: boolean) => {
    current = new Document(hasVersion);
    documents.push(current);
  };
  for (const line of lines) {
    if (VERSION.test(line)) begin(true);
    else if (line.startsWith('Bail out!')) current.bailedOut = true;
    else if (NODE_TEST.test(line)) current.fromNode = true;
    const plan = PLAN.exec(line)?.[1];
    if (plan !== undefined) {
      if (current.planned !== undefined) begin(false);
      current.planned = Number(plan);
    }
    const point = POINT.exec(line);
    if (point === null) continue;
    if (current.complete) begin(false);
    current.add(point[1] === undefined, point[2] ?? '');
  }
  return documents;
}

function parse(lines: readonly string[]): Counts | undefined {
  const allCounts = split(lines).flatMap((document) => document.counts() ?? []);
  if (allCounts.length === 0) return undefined;
  // An output may have hundreds of thousands of documents.
  const total = { passed: 0, failed: 0, names: [] as string[] };
  for (const { passed, failed, names } of allCounts) {
    total.passed += passed;
    total.failed += failed;
    for (const name of names) total.names.push(name);
  }
  return total;
}

/**
 * TAP 13 and 14 (and 12, by its plan) of any producer except node:test, which has its own parser. Only
 * top-level test points count. SKIP and TODO count as neither. A missing plan, a plan with another number of tests, or
 * a bail-out is one more failure.
 */
export const tap: TestOutputParser = { runner: 'tap', parse };
