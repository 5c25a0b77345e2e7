import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createScratch } from './cli.test.support.ts';

const script = new URL('../../pack/cooperbench.js', import.meta.url).pathname;

interface Clone {
  run(...args: string[]): object;
  /** Returns the compilers that ran since the last call. */
  built(): string[];
  write(path: string, text: string): void;
  remove(path: string): void;
}

/** Returns a clone whose compilers write a line to a log. */
function clone(): Clone {
  const { root } = createScratch();
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const compiler = (name: string, made: string): string => `
    const fs = require('node:fs'), path = require('node:path');
    if (fs.readFileSync(${JSON.stringify(join(root, 'packages/core/src/index.ts'))}, 'utf8') === 'broken') process.exit(2);
    fs.appendFileSync(${JSON.stringify(join(root, 'log'))}, [${JSON.stringify(name)}, ...process.argv.slice(2)].join(' ') + '\\n');
    const file = ${JSON.stringify(join(root, made))};
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, '');
    console.log('output of a compiler');`;
  write('node_modules/typescript/bin/tsc', compiler('tsc', 'packages/cli/dist/index.js'));
  write(
    'packages/viewer/node_modules/vite/bin/vite.js',
    compiler('vite', 'packages/viewer/dist/app/index.html'),
  );
  write('packages/cli/bin/run.js', "console.log(process.argv.slice(2).join(' '));\n");
  write('packages/core/src/index.ts', '');
  write('log', '');
  cpSync(script, join(root, 'packages/cli/pack/cooperbench.mjs'));
  return {
    run(...args) {
      const command = join(root, 'packages/cli/pack/cooperbench.mjs');
      const { status, stdout } = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' });
      return { status, stdout };
    },
    built() {
      const lines = readFileSync(join(root, 'log'), 'utf8')
        .replaceAll(root, 'ROOT')
        .split('\n')
        .filter(Boolean);
      write('log', '');
      return lines;
    },
    write,
    remove: (path) => rmSync(join(root, path)),
  };
}

test('the command of a clone builds once, and again after a source has changed', () => {
  const { run, built, write } = clone();
  expect(run('list', 'agents')).toEqual({ status: 0, stdout: 'list agents\n' });
  expect(built()).toEqual(['tsc -b ROOT']);
  expect(run('list', '--json')).toEqual({ status: 0, stdout: 'list --json\n' });
  expect(built()).toEqual([]);
  write('packages/core/src/async/new.ts', 'export {};\n');
  run('list');
  expect(built()).toEqual(['tsc -b ROOT']);
  write('packages/core/src/async/new.test.ts', 'export {};\n');
  run('list');
  expect(built()).toEqual([]);
});

test('the page of the viewer is built for view alone', () => {
  const { run, built } = clone();
  expect(run('view', '--out', 'x')).toEqual({ status: 0, stdout: 'view --out x\n' });
  const page = ['vite build --logLevel warn', 'vite build --logLevel warn --mode highlight'];
  expect(built()).toEqual(['tsc -b ROOT', ...page]);
  run('view');
  expect(built()).toEqual([]);
});

test('sources that cannot be built run nothing, and are built again', () => {
  const { run, built, write } = clone();
  write('packages/core/src/index.ts', 'broken');
  expect(run('list')).toEqual({ status: 2, stdout: '' });
  write('packages/core/src/index.ts', '');
  expect(run('list')).toEqual({ status: 0, stdout: 'list\n' });
  expect(built()).toEqual(['tsc -b ROOT']);
});

test('what was built and is gone is built again', () => {
  const { run, built, remove } = clone();
  run('list');
  remove('packages/cli/dist/index.js');
  run('list');
  expect(built()).toEqual(['tsc -b ROOT', 'tsc -b ROOT']);
});
