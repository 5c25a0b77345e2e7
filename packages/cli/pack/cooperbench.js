/**
 * The command of a clone: `node packages/cli/pack/cooperbench.js …`. It first builds what has changed since the last build;
 * for `view`, also the page. It compares the times and sizes of the sources, because even a `tsc -b` that has nothing to do
 * takes seconds.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

const sources = createHash('sha256');
const patterns = ['tsconfig*.json', 'packages/*/*.{json,ts}', 'packages/*/src/**/*.*'];
for (const path of globSync(patterns, { cwd: root }).sort()) {
  if (path.includes('.test.')) continue;
  const { mtimeMs, size } = statSync(join(root, path));
  sources.update(`${path} ${mtimeMs} ${size}\n`);
}
const state = sources.digest('hex');

/** Makes a file in `dist` of a package by programs of Node, unless these sources made it. If one fails, the process ends. */
function build(name, folder, result, ...programs) {
  const dist = join(root, folder, 'dist');
  const stamp = join(dist, '.built');
  const isBuilt = existsSync(stamp) && readFileSync(stamp, 'utf8') === state;
  if (isBuilt && existsSync(join(dist, result))) return;
  process.stderr.write(`Building the ${name} …\n`);
  for (const program of programs) {
    // Standard output belongs to the command.
    const options = { cwd: join(root, folder), stdio: ['ignore', 2, 2] };
    const { status } = spawnSync(process.execPath, program, options);
    if (status !== 0) process.exit(status ?? 1);
  }
  writeFileSync(stamp, state);
}

build('command', 'packages/cli', 'index.js', [join(root, 'node_modules/typescript/bin/tsc'), '-b', root]);
if (process.argv[2] === 'view') {
  const vite = ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'];
  build('page', 'packages/viewer', 'app/index.html', vite, [...vite, '--mode', 'highlight']);
}
await import('../bin/run.js');
