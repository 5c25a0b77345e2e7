import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readResult } from './read-result.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cooperbench-result-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const read = (content: object) => {
  writeFileSync(join(directory, 'result.json'), JSON.stringify(content));
  return readResult(directory);
};
const statuses = 'Completed, LimitsExceeded, Timeout, Error, Cancelled';

test('a result that is a link or a pipe is not read, and keeps nobody waiting', async () => {
  const path = join(directory, 'result.json');
  writeFileSync(join(directory, 'elsewhere.json'), '{}');
  symlinkSync('elsewhere.json', path);
  expect(await readResult(directory)).toMatchObject({ state: 'unusable' });
  rmSync(path);
  execFileSync('mkfifo', [path]);
  expect(await readResult(directory)).toEqual({ state: 'unusable', reason: 'it is a pipe' });
});

test.for([
  [{ schema_version: 2 }, 'found the schema_version 2, expected 1: another release of CooperBench wrote it'],
  [
    { schema_version: '1' },
    'found the schema_version "1", expected 1: another release of CooperBench wrote it',
  ],
  [
    { schema_version: 1, agents: { agent1: { status: 'Completed' }, agent2: { status: 'Passed' } } },
    `found the status "Passed" of agent2, expected one of ${statuses}`,
  ],
  [{ schema_version: 1, agent: {} }, `found no status of solo, expected one of ${statuses}`],
  [{ agents: { agent1: null } }, 'agents.agent1: found null, expected an object'],
  [
    { agent: { file_stem: '../solo' } },
    'agent.file_stem: found "../solo", expected a string that matches ^(?!\\.{1,2}$)[^/\\\\]+$',
  ],
  [
    { agent: { file_stem: '..' } },
    'agent.file_stem: found "..", expected a string that matches ^(?!\\.{1,2}$)[^/\\\\]+$',
  ],
] as const)(
  'a result of a format, a shape or with a status that nobody knows is unusable: %j',
  async ([content, reason]) => {
    expect(await read(content)).toEqual({ state: 'unusable', reason });
  },
);

test.for([
  { schema_version: 1, agent: { status: 'Timeout' } },
  { agents: { agent1: { status: 'Submitted' }, agent2: { status: 'RuntimeError' } } },
])('another result is read: %j', async (content) => {
  expect(await read(content)).toEqual({ state: 'read', value: content });
});

test('a directory in its place is unusable', async () => {
  mkdirSync(join(directory, 'result.json'));
  expect(await readResult(directory)).toEqual({
    state: 'unusable',
    reason: 'it is a directory',
  });
});
