import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Benchmark } from '../figure.ts';
import { computeMedian } from '../median.ts';

const repetitions = 25;
const source = join(import.meta.dirname, '../../packages/cli');

/** The wall time of short commands, against a Node that does nothing. */
export const startUp: Benchmark = {
  name: 'start-up',
  figures: [
    { name: 'start-up-version', unit: 'ms', bound: 2, of: 'ratio' },
    { name: 'start-up-run-help', unit: 'ms', bound: 5.5, of: 'ratio' },
    { name: 'start-up-list-agents', unit: 'ms', bound: 10, of: 'ratio' },
  ],
  async measure() {
    const folder = mkdtempSync(join(tmpdir(), 'cooperbench-start-up-'));
    try {
      return measureIn(asPublished(folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** Returns a copy of the CLI as users get it: its packages have the manifests that `pnpm pack` writes. Gives its command. */
function asPublished(folder: string): string {
  copyPackage(source, folder, 'bin');
  for (const path of globSync('node_modules/{*,@*/*}', { cwd: source })) {
    const [from, to] = [join(source, path), join(folder, path)];
    if (basename(path).startsWith('@') || basename(path) === '.bin') continue;
    mkdirSync(dirname(to), { recursive: true });
    const { oclif } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
    if (path.startsWith('node_modules/@cooperbench/') && oclif?.commands) copyPackage(from, to);
    // A link would lead back to the clone, and every command of the clone would be loaded without a manifest.
    else if (path === 'node_modules/@cooperbench/command') copyFiles(from, to);
    else symlinkSync(from, to);
  }
  return join(folder, 'bin/run.js');
}

/** Copies a package with commands, and writes its manifest. */
function copyPackage(from: string, to: string, ...options: string[]): void {
  copyFiles(from, to, ...options);
  execFileSync(process.execPath, [join(source, 'pack/manifest.js'), '--root', from, '--to', to]);
}

function copyFiles(from: string, to: string, ...options: string[]): void {
  for (const part of ['dist', 'package.json', ...options])
    cpSync(join(from, part), join(to, part), { recursive: true });
  if (from !== source) symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'));
}

function measureIn(cli: string): { value: number; floor: number }[] {
  const commands = [
    ['-e', '0'],
    [cli, '--version'],
    [cli, 'run', '--help'],
    [cli, 'list', 'agents'],
  ];
  const timesByCommand: number[][] = commands.map(() => []);
  // The first two rounds fill the compile cache and the file cache. One after the other, so that all meet the same noise.
  for (let round = -2; round < repetitions; round += 1) {
    for (const [index, argv] of commands.entries()) {
      const time = timeOf(argv);
      if (round >= 0) timesByCommand[index]?.push(time);
    }
  }
  const [floor = Number.NaN, ...values] = timesByCommand.map(computeMedian);
  return values.map((value) => ({ value, floor }));
}

/** @throws Error when the command fails: a crash is quick. */
function timeOf(argv: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const time = performance.now() - started;
  if (status !== 0) throw new Error(`node ${argv.join(' ')} exited ${status}: ${stderr}`);
  return time;
}
