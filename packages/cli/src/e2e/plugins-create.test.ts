import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cooperbench, scratch } from './cli.test.support.ts';
import { npmInstall, pack, run } from './packed.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const registry = needing('registry');

registry.test(
  `a new backend installs, passes its tests, builds and packs at once${registry.reason}`,
  { timeout: 600_000 },
  async () => {
    const place = scratch();
    const ending = await cooperbench(place, ['plugins', 'create', 'backend', 'demo']);
    const folder = join(place.root, 'cooperbench-backend-demo');
    expect(ending).toEqual({
      code: 0,
      signal: null,
      stdout: `Wrote cooperbench-backend-demo, which brings the backend demo, to ${folder}.\nThere: npm install && npm test && npm run build\n`,
      stderr: '',
    });
    // This version of core is on no registry yet.
    const [core = ''] = await pack(place, ['packages/core']);
    await run('npm', [...npmInstall, '--save-dev', core], folder);
    expect((await run('npm', ['test'], folder)).stdout).toMatch(/Tests\s.*\d+ passed/);
    await run('npm', ['run', 'build'], folder);
    const script = `import plugin from 'cooperbench-backend-demo'; console.log(JSON.stringify(plugin()))`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], folder);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'cooperbench-backend-demo',
      version: '0.0.0',
      backends: { demo: {} },
    });
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', place.root], folder);
    await run(
      'tar',
      ['-xf', join(place.root, 'cooperbench-backend-demo-0.0.0.tgz'), '-C', place.tmp],
      place.root,
    );
    expect(readdirSync(join(place.tmp, 'package')).sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
    ]);
    expect(readdirSync(join(place.tmp, 'package/dist')).filter((name) => name.includes('.test.'))).toEqual(
      [],
    );
  },
);

test('what cannot be a name, and a folder that holds something, are refused, and nothing is written', async () => {
  const place = scratch();
  const before = readdirSync(place.root);
  expect(await cooperbench(place, ['plugins', 'create', 'backend', 'My Cloud'])).toEqual({
    code: 2,
    signal: null,
    stdout: '',
    stderr:
      'Error: "My Cloud" cannot be the name of an npm package and of what it brings.\nUse lower-case letters, digits, and single dashes or underscores between them, with or without a @scope/.\n',
  });
  expect(readdirSync(place.root)).toEqual(before);
  const taken = join(place.root, 'taken');
  mkdirSync(taken);
  writeFileSync(join(taken, 'mine'), '');
  expect(
    await cooperbench(place, ['plugins', 'create', 'bus', 'demo', '--directory', 'taken']),
  ).toMatchObject({
    code: 2,
    stderr: `Error: The folder ${taken} is not empty: it holds mine.\nName another one with --directory.\n`,
  });
  expect(readdirSync(taken)).toEqual(['mine']);
});

test('as JSON, it tells what was written', async () => {
  const place = scratch();
  const words = ['plugins', 'create', 'agent', '@acme/planner', '--directory', 'a/planner', '--json'];
  const { code, stdout, stderr } = await cooperbench(place, words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const said = JSON.parse(stdout);
  expect(said).toMatchObject({
    kind: 'agent',
    name: 'planner',
    package: '@acme/cooperbench-agent-planner',
    directory: join(place.root, 'a/planner'),
  });
  expect(said.files).toContain('src/agent.ts');
  expect(readJson(said.directory, 'package.json')).toMatchObject({ name: '@acme/cooperbench-agent-planner' });
});
