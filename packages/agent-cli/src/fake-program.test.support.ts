import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Returns a folder for programs, which the end of the test file removes. Call it outside of tests. */
export function programFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fake-program-'));
  // A package.json above it says nothing about these programs.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a Node program. Returns the path of the executable. */
export function writeProgram(folder: string, name: string, program: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/usr/bin/env node\n${program}`, { mode: 0o755 });
  return path;
}
