import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cooperbench, createScratch } from './cli.test.support.ts';

/** Makes Node.js say that it is 20. What must not run on it never gets to run here. */
const pretend =
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } }); Object.defineProperty(process, 'version', { value: 'v20.20.2' });";
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(pretend)}`;

test('on Node.js 20, the command says in one sentence what it needs, and exits 2', async () => {
  expect(await cooperbench(createScratch(), ['run'], { env: { NODE_OPTIONS } })).toEqual({
    code: 2,
    signal: null,
    stdout: '',
    stderr:
      'Error: cooperbench needs Node.js >=22.18; this is v20.20.2. Install a newer one, or add it to a project: npm install --save-dev node@24\n',
  });
});

test('on Node.js 20, npm test of a created plugin says what its tests need', () => {
  const { root } = createScratch();
  const script = join(root, 'check-node.js');
  cpSync(new URL('../../templates/common/check-node.js', import.meta.url), script);
  writeFileSync(join(root, 'package.json'), '{ "type": "module", "engines": { "node": ">=22.18" } }');
  const check = (env: NodeJS.ProcessEnv): object => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  expect(check({ NODE_OPTIONS })).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'Error: The tests need Node.js >=22.18; this is v20.20.2. Install a newer one, or add it to this package: npm install --save-dev node@24\n',
  });
  expect(check({})).toEqual({ status: 0, stdout: '', stderr: '' });
});
