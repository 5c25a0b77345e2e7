/** Checks that every source file imports only what its place allows. Prints what breaks a rule, and exits with 1. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { layers, packages } from './import-rules.ts';

const root = resolve(import.meta.dirname, '..');

/** Imports that single files may have besides. */
const exceptions: Readonly<Record<string, string>> = {
  'packages/report/src/commands/analyze.ts': '@cooperbench/agent-mini-swe',
};

/** Libraries with one place. */
const places: Readonly<Record<string, string>> = {
  tsyringe: 'packages/runs/src/container.ts',
  'reflect-metadata': 'packages/runs/src/container.ts',
};

const statements = /^(?:import|export|\}) ?[^'`]*?from '([^']+)';|^import '([^']+)';|\bimport\('([^']+)'\)/gm;

const faults: string[] = [];
for (const file of globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root, exclude: ['**/node_modules/**'] })) {
  const [, name = '', , ...inside] = file.split('/');
  const isTest = /\.test\.(support\.)?tsx?$/.test(file);
  const text = readFileSync(join(root, file), 'utf8');
  for (const [, from, bare, lazy] of text.matchAll(statements)) {
    const imported = from ?? bare ?? lazy ?? '';
    const fault = imported.startsWith('.')
      ? faultOfPath(name, inside, resolve(root, dirname(file), imported), isTest)
      : isTest
        ? undefined
        : faultOfPackage(name, file, imported);
    if (fault !== undefined) faults.push(`${file} imports ${imported}: ${fault}`);
  }
}

function faultOfPath(
  name: string,
  inside: readonly string[],
  target: string,
  isTest: boolean,
): string | undefined {
  const [above, package_, , folder = ''] = relative(root, target).split('/');
  if (above !== 'packages' || package_ !== name) return 'it is a file of another package.';
  const folders = layers[name];
  if (folders === undefined || isTest || inside.length === 1) return undefined;
  const [here, there] = [inside[0] ?? '', folder].map((each) => folders.indexOf(each)) as [number, number];
  return there >= 0 && there <= here
    ? undefined
    : `${name}/src/${inside[0]} imports only from the folders above it.`;
}

function faultOfPackage(name: string, file: string, imported: string): string | undefined {
  const place = places[imported];
  if (place !== undefined && place !== file) return `${place} alone imports it.`;
  const [scope, folder = ''] = imported.split('/');
  if ((scope !== '@cooperbench' && scope !== 'cooperbench') || exceptions[file] === imported)
    return undefined;
  const ours = scope === '@cooperbench' ? folder : 'cli';
  const own = packages[name] ?? [];
  return own.includes(ours) ? undefined : `${name} imports ${own.join(', ') || 'nothing'} of ours.`;
}

for (const folder of globSync('packages/*/test', { cwd: root }))
  faults.push(`${folder}: what supports tests is beside them, or in test-support.`);

for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
