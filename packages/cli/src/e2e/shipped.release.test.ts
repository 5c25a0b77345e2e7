import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import satisfies from 'semver/functions/satisfies.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { type Manifest, packagesOf, run, workspace } from './packed.test.support.ts';
import { madeRelease, sourceFiles, version } from './release.test.support.ts';
import { filesBelow, readJson } from './run-files.test.support.ts';

/** What vite makes of the viewer's page. */
const page = [
  'index.html',
  'app.js',
  'app.css',
  'app-licenses.md',
  'highlight.js',
  'highlight-licenses.md',
].map((name) => `dist/app/${name}`);

/**
 * Returns the files that a package of these sources ships: its code compiled, with source maps and types; its programs in sh;
 * no tests, no assembler.
 */
function shippedOf(sources: readonly string[]): string[] {
  const shipped = sources.flatMap((path) => {
    if (/^pack\/|^(tsconfig\.json|vite\.config\.ts)$/.test(path)) return [];
    if (path.startsWith('src/app/')) return page;
    if (!path.startsWith('src/')) return [path];
    if (/\.test\.|\/fixtures\/|\.s$/.test(path)) return [];
    if (path.endsWith('.sh')) return [path];
    if (path.endsWith('.json')) return [path.replace(/^src/, 'dist')];
    const compiled = path.replace(/^src(.*)\.ts$/, 'dist$1');
    return [`${compiled}.d.ts`, `${compiled}.js`, `${compiled}.js.map`];
  });
  return [...new Set([...shipped, 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])].sort();
}

const packages = packagesOf().map(({ manifest: { name, exports }, folder }) => ({ name, exports, folder }));

const { tarballs, workspace: released } = await madeRelease();

describe('a release', () => {
  let scratch: Scratch;
  let remove = (): void => {};

  beforeAll(async () => {
    scratch = createScratch((work) => {
      remove = work;
    });
    for (const { name } of packages) {
      await run('mkdir', ['-p', unpacked(name)], scratch.root);
      await run('tar', ['-xf', tarball(name), '-C', unpacked(name)], scratch.root);
    }
  });

  afterAll(() => remove());

  const tarball = (name: string): string => tarballs[name] ?? expect.fail(`no ${name}`);
  const unpacked = (name: string): string => join(scratch.root, 'unpacked', name);
  const manifestOf = (name: string): Manifest => readJson(unpacked(name), 'package/package.json');

  test.for(packages)('of $name has its sources compiled, and no other file', ({ name, folder }) => {
    const files = filesBelow(join(unpacked(name), 'package')).filter(
      (path) => path !== 'oclif.manifest.json',
    );
    expect(files).toEqual(shippedOf(sourceFiles(folder)));
  });

  test.for(packages)('of $name says what it is, and where from', ({ name, folder }) => {
    const manifest = manifestOf(name);
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/./),
      license: 'MIT',
      author: 'CooperBench contributors',
      bugs: 'https://github.com/cooperbench/cooperbench-ts/issues',
      homepage: `https://github.com/cooperbench/cooperbench-ts/tree/main/${folder}#readme`,
      keywords: expect.arrayContaining(['cooperbench']),
      engines: { node: '>=22.18' },
      repository: {
        type: 'git',
        url: 'git+https://github.com/cooperbench/cooperbench-ts.git',
        directory: folder,
      },
      publishConfig: { access: 'public', provenance: true },
    });
    expect(JSON.stringify(manifest)).not.toMatch(/"(workspace|catalog):/);
    // Tools read it, and a package without exports shows all its files.
    if (manifest.exports) expect(manifest.exports['./package.json']).toBe('./package.json');
    expect(existsSync(join(unpacked(name), 'package/CHANGELOG.md'))).toBe(true);
    const entries = Object.values(manifest.exports ?? {}).filter((entry) => typeof entry === 'object');
    for (const { types = '', default: code = '' } of entries)
      for (const path of [types, code])
        expect(existsSync(join(unpacked(name), 'package', path)), path).toBe(true);
  });

  test.for(packages)('of $name has source maps that need no sources', ({ name }) => {
    const folder = join(unpacked(name), 'package');
    for (const path of filesBelow(folder).filter((path) => path.endsWith('.js.map'))) {
      const { sources, sourcesContent } = readJson<{ sources: string[]; sourcesContent: string[] }>(
        folder,
        path,
      );
      expect(sourcesContent?.length, path).toBe(sources.length);
      expect(
        sources.every((source) => source.startsWith('../')),
        path,
      ).toBe(true);
    }
  });

  test.for(packages)('of $name has nothing that publint warns of', async ({ name }) => {
    await run(join(workspace, 'node_modules/.bin/publint'), [tarball(name), '--strict'], scratch.root);
  });

  test.for(packages.filter(({ exports }) => exports?.['.']))(
    'of $name has types that every program resolves to',
    async ({ name }) => {
      const checked = await checkPackage(createPackageFromTarballData(readFileSync(tarball(name))));
      const problems = checked.types ? checked.problems : expect.fail('no types');
      // CommonJS requires ES modules. The resolution of Node.js 10 knows no `exports`.
      const left = problems.filter(
        (problem) =>
          problem.kind !== 'CJSResolvesToESM' &&
          !('resolutionKind' in problem && problem.resolutionKind === 'node10'),
      );
      expect(left).toEqual([]);
    },
  );

  test('provides with the command line exactly the packages it was tested with', () => {
    const ours = Object.entries(manifestOf('cooperbench').dependencies ?? {}).filter(([name]) =>
      name.startsWith('@cooperbench/'),
    );
    expect(Object.fromEntries(ours)).toEqual(
      Object.fromEntries(ours.map(([name]) => [name, manifestOf(name).version])),
    );
  });

  test('after it, a minor release of core disables no plugin: every range includes it, and agents stay as they are', async () => {
    const copy = join(scratch.root, 'workspace');
    cpSync(released, copy, { recursive: true, verbatimSymlinks: true });
    const before = new Map(packagesOf(copy).map(({ manifest }) => [manifest.name, manifest.version]));
    await run(
      'sh',
      ['-c', `printf -- '---\\n"@cooperbench/core": minor\\n---\\n\\nMore.\\n' > .changeset/more.md`],
      copy,
    );
    await version(copy);
    const bumps = packagesOf(copy).map(({ manifest }) => [
      manifest.name,
      bump(before.get(manifest.name) ?? '', manifest.version),
    ]);
    const fixed = new Set<unknown>(
      ['core', 'records', 'runs', 'testing', 'backend-kit'].map((each) => `@cooperbench/${each}`),
    );
    expect(bumps.filter(([, size]) => size === 'minor').map(([name]) => name)).toEqual(
      packages.map(({ name }) => name).filter((name) => fixed.has(name)),
    );
    expect(bumps.filter(([, size]) => size === 'major')).toEqual([]);
    expect(Object.fromEntries(bumps)).toMatchObject({
      '@cooperbench/agent-cli': 'none',
      '@cooperbench/backend-docker': 'patch',
      cooperbench: 'patch',
    });
    const versions = new Map(packagesOf(copy).map(({ manifest }) => [manifest.name, manifest.version]));
    const peers = packagesOf(copy).flatMap(({ manifest: { name, peerDependencies = {} } }) =>
      Object.entries(peerDependencies).map(([peer, range]) => ({ name, peer, range })),
    );
    expect(peers.length).toBeGreaterThan(10);
    expect(peers.filter(({ peer, range }) => !satisfies(versions.get(peer) ?? '', range))).toEqual([]);
  });
});

function bump(from: string, to: string): string {
  const [old, now] = [from.split('.'), to.split('.')];
  return ['major', 'minor', 'patch'].find((_, index) => old[index] !== now[index]) ?? 'none';
}
