import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createScratch } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';
import { readJson } from './run-files.test.support.ts';

test('what cannot be a name, and a folder that holds something, are refused, and nothing is written', async () => {
  const scratch = createScratch();
  const before = readdirSync(scratch.root);
  expect(await cooperbench(scratch, ['plugins', 'create', 'backend', 'My Cloud'])).toEqual({
    code: 2,
    signal: null,
    stdout: '',
    stderr:
      'Error: "My Cloud" cannot be the name of an npm package and of what it provides.\nUse lower-case letters, digits, and single dashes or underscores between them, with or without a @scope/.\n',
  });
  expect(await cooperbench(scratch, ['plugins', 'create', 'agent', '@acme/oracle'])).toEqual({
    code: 2,
    signal: null,
    stdout: '',
    stderr:
      'Error: "oracle" is taken: @cooperbench/core provides an agent of that name.\nChoose another name.\n',
  });
  expect(readdirSync(scratch.root)).toEqual(before);
  const taken = join(scratch.root, 'taken');
  mkdirSync(taken);
  writeFileSync(join(taken, 'mine'), '');
  expect(
    await cooperbench(scratch, ['plugins', 'create', 'bus', 'demo', '--directory', 'taken']),
  ).toMatchObject({
    code: 2,
    stderr: `Error: The directory ${taken} is not empty: it contains mine.\nName another one with --directory.\n`,
  });
  expect(readdirSync(taken)).toEqual(['mine']);
});

test('as JSON, it tells what was written', async () => {
  const scratch = createScratch();
  const words = ['plugins', 'create', 'agent', '@acme/planner', '--directory', 'a/planner', '--json'];
  const { code, stdout, stderr } = await cooperbench(scratch, words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const output = JSON.parse(stdout);
  expect(output).toMatchObject({
    kind: 'agent',
    name: 'planner',
    package: '@acme/cooperbench-agent-planner',
    directory: join(scratch.root, 'a/planner'),
  });
  expect(output.files).toContain('src/agent.ts');
  expect(readJson(output.directory, 'package.json')).toMatchObject({
    name: '@acme/cooperbench-agent-planner',
  });
});
