import type { FailingTest } from '@cooperbench/core';
import { type Block, clean, findMessageBeforeTrace, findPlaces, maxLines } from './evidence.ts';

/** jest: a dot, the names of suites and test, then the message. */
export function findJestFailures(lines: readonly string[]): FailingTest[] {
  let file = '';
  const blocks = split(lines, (line) => {
    if (/^ ?(?:FAIL|PASS) /.test(line)) file = line.trimStart().split(/\s+/, 2)[1] ?? '';
    if (/^ ?(?:FAIL|PASS|Test Suites:) /.test(line)) return null;
    if (!line.startsWith('  ● ') || line === '  ● Console') return undefined;
    const name = line.slice(4);
    return name === 'Test suite failed to run' && file !== '' ? `${file}: ${name}` : name;
  });
  return blocks.map(toFailingTest);
}

/** vitest: the list at the end. */
export function findVitestFailures(lines: readonly string[]): FailingTest[] {
  const blocks = split(lines, (line) => {
    if (line.startsWith('⎯⎯⎯⎯⎯')) return null;
    return /^ FAIL {2}\S.* (?:> |\[ )/.test(line.slice(0, 2000)) ? line.slice(7) : undefined;
  });
  return blocks.map(toFailingTest);
}

/** node:test in its spec format: the list at the end has the messages. */
export function findNodeFailures(lines: readonly string[]): FailingTest[] {
  const start = lines.indexOf('✖ failing tests:');
  if (start === -1) return [];
  const blocks = split(lines.slice(start + 1), (line) => {
    if (line.startsWith('test at ')) return null;
    const text = line.trimStart();
    if (!text.startsWith('✖ ')) return undefined;
    return / # (?:TODO|SKIP)\b/.test(text) ? null : removeDuration(text.slice(2));
  });
  const crash = cacheResult(() => findJavascriptCrash(lines));
  return blocks.map(toFailingTest).map((test) => explainCrash(test, crash));
}

/** mocha: a number, the names of suites and test on lines of their own up to a colon, then the message. */
export function findMochaFailures(lines: readonly string[]): FailingTest[] {
  const start = lines.findIndex((line) => /^\s{0,20}\d{1,9} failing$/.test(line));
  if (start === -1) return [];
  const blocks = split(lines.slice(start + 1), (line) =>
    /^\s{0,20}\d{1,9}\) \S/.test(line) ? line.trim().replace(/^\d+\) /, '') : undefined,
  );
  return blocks.map(({ name, lines: body }) => {
    if (name.endsWith(':')) return toFailingTest({ name: name.slice(0, -1), lines: body });
    const end = body.findIndex((line) => line.endsWith(':'));
    const names = [name, ...body.slice(0, end + 1).map((line) => line.trim())];
    return toFailingTest({ name: names.join(' ').replace(/:$/, ''), lines: body.slice(end + 1) });
  });
}

/** TAP, with the message in the YAML below. */
export function findTapFailures(lines: readonly string[]): FailingTest[] {
  const failingTests: FailingTest[] = [];
  const crash = cacheResult(() => findJavascriptCrash(lines));
  for (const [index, line] of lines.entries()) {
    if (failingTests.length >= maxLines) break;
    const text = line.trimStart();
    if (!text.startsWith('not ok') || / # (?:TODO|SKIP)\b/i.test(text)) continue;
    const name = text
      .slice('not ok'.length)
      .replace(/^ \d{1,9}/, '')
      .replace(/^ - /, '')
      .replace(/ # time=\S{1,30}(?: \{)?$/, '');
    const rest = lines.slice(index + 1, index + 1 + maxLines);
    if (rest[0]?.trim() !== '---') {
      const depth = line.length - text.length;
      const end = rest.findIndex((candidate) => candidate.length - candidate.trimStart().length <= depth);
      if (!line.endsWith('{'))
        failingTests.push(toFailingTest({ name, lines: end === -1 ? rest : rest.slice(0, end) }));
      continue;
    }
    const end = rest.findIndex((candidate) => candidate.trim() === '...');
    const yaml = rest.slice(1, end === -1 ? 1 : end);
    // A suite fails because of a test in it.
    if (yaml.some((candidate) => candidate.includes("failureType: 'subtestsFailed'"))) continue;
    const test = {
      name: clean(name),
      message: findTapMessage(yaml),
      places: findPlaces(yaml, 'innermost first'),
    };
    failingTests.push(explainCrash(test, crash));
  }
  return failingTests;
}

function findTapMessage(yaml: readonly string[]): string {
  const formatValue = (key: string): string => {
    const keyIndex = yaml.findIndex((line) => line.trimStart().startsWith(`${key}:`));
    const line = yaml[keyIndex];
    if (line === undefined) return '';
    const text = line.slice(line.indexOf(':') + 1).trim();
    if (!/^[|>]-?$/.test(text)) return text.replace(/^(["'])(.*)\1$/, '$2');
    const depth = line.length - line.trimStart().length;
    const linesBelow = yaml.slice(keyIndex + 1);
    const end = linesBelow.findIndex((candidate) => candidate.length - candidate.trimStart().length <= depth);
    return findMessageBeforeTrace(
      (end === -1 ? linesBelow : linesBelow.slice(0, end)).map((candidate) => candidate.trim()),
    );
  };
  const message =
    formatValue('error') || formatValue('message') || formatValue('diff') || formatValue('stack');
  const [expected, actual] = [formatValue('expected'), formatValue('actual')];
  const hasValues = message.includes(expected) && message.includes(actual);
  return clean(hasValues ? message : `${message} (expected ${expected}, actual ${actual})`);
}

/** Finds a JavaScript program that ended before its tests. */
export function findJavascriptCrash(lines: readonly string[]): FailingTest | undefined {
  const pattern =
    /^(?:# )?(?: ?Exception during run: )?(?:Uncaught )?[A-Z]\w{0,60}(?:Error|Exception)(?: \[\w{1,60}\])?: /;
  const bareErrorLine = /^(?:# )?(?: ?Exception during run: )?(?:Uncaught )?Error(?: \[\w{1,60}\])?: /;
  const index = lines.findIndex((line) => {
    const start = line.slice(0, 300);
    // Most lines have neither word, and a search for words is cheaper than the patterns.
    return /Error|Exception/.test(start) && (pattern.test(start) || bareErrorLine.test(start));
  });
  if (index === -1) return undefined;
  const formatText = (line: string): string =>
    line.replace(/^# /, '').replace(/^ ?Exception during run: /, '');
  // Node prints the place of a syntax error above it.
  const precedingLines = lines.slice(Math.max(0, index - 5), index).map(formatText);
  const nextLines = lines.slice(index, index + maxLines).map(formatText);
  return {
    name: '',
    message: findMessageBeforeTrace(nextLines),
    places: [
      ...findPlaces(precedingLines, 'innermost first'),
      ...findPlaces(nextLines.slice(1), 'innermost first'),
    ].slice(0, 8),
  };
}

/** Node reports a file that crashed as a test that says nothing. */
function explainCrash(test: FailingTest, crash: () => FailingTest | undefined): FailingTest {
  if (test.message !== '' && test.message !== 'test failed') return test;
  return { ...(crash() ?? test), name: test.name };
}

/** The search goes through all lines, and a hostile output may ask for it in each of its tests. */
function cacheResult<T>(find: () => T): () => T {
  let value: { readonly value: T } | undefined;
  return () => {
    value ??= { value: find() };
    return value.value;
  };
}

function toFailingTest({ name, lines }: Block): FailingTest {
  return {
    name: clean(name),
    message: findMessageBeforeTrace(lines).replace(/^'(.*)'$/, '$1'),
    places: findPlaces(lines, 'innermost first'),
  };
}

/** Removes `(1.2ms)` from the end. */
function removeDuration(name: string): string {
  return name.replace(/ \([\d.]{1,20}ms\)$/, '');
}

/** Blocks that begin with a line which has a name. `head` answers null for a line that ends a block. */
function split(lines: readonly string[], head: (line: string) => string | null | undefined): Block[] {
  const blocks: { name: string; lines: string[] }[] = [];
  let current: string[] | undefined;
  for (const line of lines) {
    const name = head(line);
    if (name === null) current = undefined;
    else if (name !== undefined) {
      current = [];
      if (blocks.length < maxLines) blocks.push({ name, lines: current });
    } else if (current && current.length < maxLines) current.push(line);
  }
  return blocks;
}
