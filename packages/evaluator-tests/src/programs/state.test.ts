import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** Runs `find_scripts` of state.sh on a runner. Returns the commands that it calls, and the milliseconds that it took. */
function findCommands(runner: string): { readonly called: string; readonly ms: number } {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'runner.sh'), runner);
  const [find] =
    /^find_scripts\(\) \{$.*?^\}$/ms.exec(readFileSync(new URL('state.sh', import.meta.url), 'utf8')) ?? [];
  const script = `newline='\n' tab='\t' spaces=$IFS repo=/nowhere runner=$1\n${find}\nfind_scripts; echo "$called"`;
  const began = performance.now();
  const called = execFileSync('sh', ['-c', script, 'sh', join(folder, 'runner.sh')]).toString();
  return { called: called.trim(), ms: performance.now() - began };
}

test('each command of a runner is sealed once, however often the runner calls it', () => {
  expect(findCommands('#!/bin/sh\ncat a\ncat b | head -1\nno-such-command\ncat c\n').called).toBe('cat head');
});

test('a runner with many different words takes time in proportion to their number', () => {
  const timeOf = (count: number): number =>
    findCommands(`#!/bin/sh\n${Array.from({ length: count }, (_, n) => `no-command-${n}`).join('\n')}\n`).ms;
  timeOf(100);
  const few = timeOf(5_000);
  expect(timeOf(40_000) / few).toBeLessThan(24);
});
