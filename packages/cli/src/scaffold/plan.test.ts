import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kindNames } from './kinds.ts';
import { oclifVersion, toolVersions } from './manifest.ts';
import { namesOf } from './names.ts';
import { planFiles } from './plan.ts';

const root = new URL('../../../../', import.meta.url);

test('a new package is built and tested with what this workspace is', () => {
  const workspace = readFileSync(new URL('pnpm-workspace.yaml', root), 'utf8');
  const catalog = Object.fromEntries(
    [...workspace.matchAll(/^ {2}"?([^\s"]+?)"?: (\^.*)$/gm)].map(([, name, version]) => [name, version]),
  );
  expect(catalog).toMatchObject({ ...toolVersions, '@oclif/core': oclifVersion });
});

test('a new package needs the Node that this one does', async () => {
  const files = await planFiles('agent', namesOf('agent', 'foo'), { version: '1.2.3' });
  const { engines } = JSON.parse(readFileSync(new URL('packages/core/package.json', root), 'utf8'));
  expect(JSON.parse(files.get('package.json') ?? '').engines).toEqual(engines);
});

test.for(kindNames)('a new %s has its names, and no placeholder', async (kind) => {
  const files = await planFiles(kind, namesOf(kind, '@acme/foo'), { version: '1.2.3' });
  expect([...files.keys()]).toEqual(
    expect.arrayContaining([
      ...['.changeset/config.json', '.changeset/first-release.md', '.gitignore', 'LICENSE', 'README.md'],
      ...[
        '.github/workflows/ci.yml',
        '.github/workflows/release.yml',
        'check-node.js',
        'package.json',
        'tsconfig.build.json',
        'tsconfig.json',
        'vitest.config.ts',
      ],
      ...(kind === 'command' ? ['src/commands/foo.ts', 'manifest.js'] : ['src/index.ts', `src/${kind}.ts`]),
    ]),
  );
  expect([...files].filter(([path, text]) => /__/.test(path + text))).toEqual([]);
  expect(JSON.parse(files.get('package.json') ?? '')).toMatchObject({
    name: `@acme/cooperbench-${kind}-foo`,
    peerDependencies: { '@cooperbench/core': '>=1.2.3 <2' },
    devDependencies: {
      '@cooperbench/core': '^1.2.3',
      '@cooperbench/runs': '^1.2.3',
      '@cooperbench/testing': '^1.2.3',
    },
    oclif:
      kind === 'command'
        ? { commands: { strategy: 'pattern', target: './dist/commands' } }
        : { hooks: { 'cooperbench:plugin': './dist/index.js' } },
  });
  if (kind !== 'command')
    expect(files.get('src/index.ts')).toContain(`name: '@acme/cooperbench-${kind}-foo'`);
  expect(files.get('README.md')).toMatch(`# @acme/cooperbench-${kind}-foo\n\nThe `);
  expect(files.get('.changeset/first-release.md')).toContain(`"@acme/cooperbench-${kind}-foo": minor`);
  expect(files.get('LICENSE')).toContain(`Copyright (c) ${new Date().getFullYear()} <COPYRIGHT HOLDER>`);
});

test('the backend, which is the tutorial, is under 100 lines', async () => {
  const files = await planFiles('backend', namesOf('backend', 'foo'), { version: '1.2.3' });
  expect(files.get('src/backend.ts')?.split('\n').length).toBeLessThan(100);
});

test('while its sources do not compile, the package can be installed, and cannot be packed', async () => {
  const files = await planFiles('bus', namesOf('bus', 'foo'), { version: '1.0.0' });
  const { scripts } = JSON.parse(files.get('package.json') ?? '');
  const ending = (npm_command: string): number | null =>
    spawnSync('sh', ['-c', scripts.prepare.replace('npm run build', 'false')], {
      env: { ...process.env, npm_command },
    }).status;
  expect([ending('install'), ending('pack'), ending('publish')]).toEqual([0, 1, 1]);
});
