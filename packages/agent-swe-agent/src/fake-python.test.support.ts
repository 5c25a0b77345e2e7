import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Returns a folder for programs, which the end of the test file removes. Call it outside of tests. */
export function programFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fake-python-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Returns the path of a Python in which this code has run before any other. The code stands for packages. */
export function fakePython(folder: string, name: string, packages: string): string {
  writeFileSync(join(folder, `${name}.py`), packages);
  const path = join(folder, name);
  const start = `import sys; exec(open(sys.argv[1]).read()); exec(sys.argv[2])`;
  writeFileSync(path, `#!/bin/sh\nexec python3 -I -c '${start}' "$0.py" "$3"\n`, { mode: 0o755 });
  return path;
}
