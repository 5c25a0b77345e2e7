import type { FailingTest } from '@cooperbench/core';
import { clean, findPlaces, maxLines } from './evidence.ts';

/** `go test -json` wraps each line of its output. */
export function unwrapGoJson(line: string): string {
  if (!line.startsWith('{"')) return line;
  try {
    const { Action, Output } = JSON.parse(line) as { Action?: unknown; Output?: unknown };
    if (typeof Output === 'string') return Output.trimEnd();
    return typeof Action === 'string' ? '' : line;
  } catch {
    return line;
  }
}

const maxNames = 1000;
const longestName = 300;

/** go: with -v, a test's lines stand above its result, otherwise below. A panic has its own. */
export function goFailures(lines: readonly string[]): FailingTest[] {
  const bodies = new Map<string, string[]>();
  const failedNames = new Set<string>();
  let last: string | undefined;
  let current = '';
  const addFailure = (name: string): void => {
    if (failedNames.size < maxNames) failedNames.add(name);
    last = name;
  };
  const keepLine = (line: string): void => {
    const body = bodies.get(current) ?? [];
    if (body.length < maxLines) body.push(line);
    if (bodies.has(current) || bodies.size < maxNames) bodies.set(current, body);
  };
  for (const line of lines) {
    const text = line.trimStart();
    if (/^=== (?:RUN|CONT|NAME)\s/.test(text)) current = text.split(/\s+/, 3)[2] ?? '';
    else if (text.startsWith('--- FAIL: ')) {
      current = (text.split(' ', 3)[2] ?? '').slice(0, longestName);
      addFailure(current);
    } else if (line.startsWith('# ')) current = line.split(' ', 2)[1] ?? '';
    else if (/^FAIL\s\S+ \[(?:build|setup) failed\]$/.test(line)) {
      const [, name = '', ...reasonWords] = line.split(/\s+/);
      const described = `${name.slice(0, longestName)} ${reasonWords.join(' ')}`;
      addFailure(described);
      if (failedNames.has(described)) bodies.set(described, bodies.get(name) ?? []);
    } else if (/^(?:panic|fatal error): /.test(line)) {
      current = last ?? current;
      keepLine(line);
    } else if (/^(?:--- (?:PASS|SKIP)|FAIL|ok|PASS)\b/.test(text)) current = '';
    else if (current !== '') keepLine(line);
  }
  const parents = new Set(
    [...failedNames].flatMap((name) => name.split('/').map((_, end, parts) => parts.slice(0, end).join('/'))),
  );
  return [...failedNames]
    .filter((name) => !parents.has(name))
    .slice(0, maxLines)
    .map((name) => goTest(name, bodies.get(name) ?? []));
}

function goTest(name: string, lines: readonly string[]): FailingTest {
  const panic = lines.findIndex((line) => /^(?:panic|fatal error): /.test(line));
  const body = panic === -1 ? lines : lines.slice(panic);
  const trace = body.findIndex((line) => /^goroutine \d/.test(line));
  const messageLines = (trace === -1 ? body : body.slice(0, trace)).filter(
    (line) => !/^\s*(?:Error Trace:|Test:\s)/.test(line),
  );
  const message = messageLines
    .slice(0, 6)
    .map((line, index) =>
      index === 0 ? line.replace(/^\s*[\w./-]{1,300}\.go:\d{1,7}(?::\d{1,7})?: /, '') : line.trim(),
    )
    .join(' ');
  return { name: clean(name), message: clean(message), places: findPlaces(body, 'innermost first') };
}

/** cargo: the output of each failing test, or what the compiler says. */
export function findCargoFailures(lines: readonly string[]): FailingTest[] {
  const failingTests: FailingTest[] = [];
  for (const [index, line] of lines.entries()) {
    if (failingTests.length >= maxLines) break;
    if (!line.startsWith('---- ') || !line.endsWith(' stdout ----')) continue;
    const rest = lines.slice(index + 1, index + 1 + maxLines);
    const end = rest.findIndex((candidate) => candidate.startsWith('---- ') || candidate === 'failures:');
    const body = end === -1 ? rest : rest.slice(0, end);
    const panic = body.findIndex((candidate) => candidate.includes('panicked at '));
    const linesAfter = body.slice(panic + 1);
    const note = linesAfter.findIndex((candidate) => /^(?:note: |stack backtrace:)/.test(candidate));
    // Before Rust 1.73, the message stood in the same line.
    const old = /panicked at '(.{1,2000})', /.exec(body[panic] ?? '')?.[1];
    const message =
      old ??
      linesAfter
        .slice(0, note === -1 ? 6 : Math.min(6, note))
        .map((candidate) => candidate.trim())
        .join(' ');
    failingTests.push({
      name: clean(line.slice(5, -' stdout ----'.length)),
      message: clean(message),
      places: findPlaces(panic === -1 ? body : body.slice(panic), 'innermost first'),
    });
  }
  return failingTests.length > 0 ? failingTests : compileErrors(lines);
}

function compileErrors(lines: readonly string[]): FailingTest[] {
  const index = lines.findIndex(
    (line, lineIndex) =>
      /^error(?:\[E\d{1,6}\])?: /.test(line) && /^\s{0,20}--> /.test(lines[lineIndex + 1] ?? ''),
  );
  if (index === -1) return [];
  const places = findPlaces([lines[index + 1] ?? ''], 'innermost first');
  return [{ name: '', message: clean(lines[index] ?? ''), places }];
}
