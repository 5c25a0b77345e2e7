import type { Counts } from './test-output-parser.ts';

interface Event {
  readonly Action: string;
  readonly Package: string;
  readonly Test?: unknown;
}

function parseEvent(line: string): Event | undefined {
  if (!line.startsWith('{') || !line.includes('"Action":"')) return undefined;
  try {
    const event = JSON.parse(line) as Partial<Event>;
    return typeof event.Action === 'string' && typeof event.Package === 'string'
      ? (event as Event)
      : undefined;
  } catch {
    return undefined; // a test's own output
  }
}

/** Counts the events of `go test -json`, by the same rules as its -v output. */
export function parseJson(lines: readonly string[]): Counts | undefined {
  const open = new Map<string, { tests: Set<string>; failed: number }>();
  let isRecognized = false;
  let passed = 0;
  let failed = 0;
  const names: string[] = [];
  for (const line of lines) {
    const event = parseEvent(line);
    if (event === undefined) continue;
    isRecognized = true;
    const state = open.get(event.Package) ?? { tests: new Set<string>(), failed: 0 };
    open.set(event.Package, state);
    const isEnd = ['pass', 'fail', 'skip'].includes(event.Action);
    if (typeof event.Test === 'string') {
      if (event.Action === 'run') state.tests.add(event.Test);
      if (isEnd) state.tests.delete(event.Test);
      if (event.Action === 'pass' || event.Action === 'fail') names.push(`${event.Package} ${event.Test}`);
      if (event.Action === 'pass') passed += 1;
      if (event.Action === 'fail') state.failed += 1;
    } else if (isEnd) {
      const failures = state.failed + state.tests.size;
      failed += event.Action === 'fail' ? Math.max(1, failures) : failures;
      open.delete(event.Package);
    }
  }
  // A package that never ended failed, and so did its unfinished tests.
  for (const state of open.values()) failed += Math.max(1, state.failed + state.tests.size);
  return isRecognized ? { passed, failed, names } : undefined;
}
