import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readContent, type Submission, type Task } from '@cooperbench/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { patchFacts } from '../formats/patch-facts.ts';
import { readSubmission } from './read-submission.ts';
import { readTrials } from './read-trials.ts';

const task: Task = {
  repo: 'r_task',
  taskId: 1,
  directory: '/none',
  features: [1, 2, 3],
  image: 'none',
  protectedPaths: [],
  timeoutSeconds: 1,
};
let runDir: string;
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'cooperbench-run-'));
});
afterEach(() => rmSync(runDir, { recursive: true, force: true }));

/** Returns the one trial with these files, and each patch as text. */
async function submissionOf(
  folder: string,
  files: Readonly<Record<string, string | object>>,
): Promise<object> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(runDir, folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  }
  const [trial] = await readTrials(runDir);
  const { judged, patches, lost, untrusted }: Submission = await readSubmission(trial!, task);
  return {
    judged,
    untrusted,
    lost,
    patches: patches.map(
      ({ seat, features, patch }) => `${seat} ${features}: ${Buffer.concat([...readContent(patch)])}`,
    ),
  };
}
const done = { status: 'Completed' };

test('a result says how it is judged, what each seat has and where its patch lies', async () => {
  const result = {
    schema_version: 1,
    setting: 'coop',
    judged: 'merge',
    untrusted: false,
    agents: {
      lead: { ...done, features: [1, 2], file_stem: 'lead' },
      agent2: { ...done, feature_id: 3, file_stem: 'member' },
      reviewer: { ...done, features: [], file_stem: 'reviewer', hands_in: false },
    },
  };
  const files = { 'result.json': result, 'lead.patch': 'a', 'member.patch': 'b', 'reviewer.patch': 'c' };
  expect(await submissionOf('coop/r_task/1/f1_f2_f3', files)).toEqual({
    judged: 'merge',
    untrusted: false,
    lost: undefined,
    patches: ['lead 1,2: a', 'agent2 3: b'],
  });
});

test('a patch file that is not what the run wrote loses the trial, and is named with both sizes', async () => {
  const recorded = (text: string) => ({
    ...done,
    ...patchFacts(Buffer.from(text)),
    feature_id: 1,
    file_stem: 'agent1',
  });
  const result = {
    schema_version: 1,
    setting: 'coop',
    judged: 'merge',
    agents: { agent1: recorded('a patch\n') },
  };
  const at = 'coop/r_task/1/f1_f2';
  const completeResult = { 'result.json': result, 'agent1.patch': 'a patch\n' };
  expect(await submissionOf(at, completeResult)).toMatchObject({ lost: undefined });
  for (const [content, match] of [
    ['', '0 bytes, recorded are 8'],
    ['a pat', '5 bytes, recorded are 8'],
    ['A patch\n', '8 bytes, recorded are 8, and other content'],
  ] as const)
    expect(await submissionOf(at, { ...completeResult, 'agent1.patch': content })).toMatchObject({
      lost: `${join(runDir, at, 'agent1.patch')} is not the patch that result.json records: it has ${match}`,
    });
});

test('a patch stays on disk until it is read, and one that changed meanwhile is refused', async () => {
  const result = {
    schema_version: 1,
    judged: 'merge',
    agents: { agent1: { ...done, feature_id: 1, file_stem: 'agent1' } },
  };
  const at = 'coop/r_task/1/f1_f2';
  await submissionOf(at, { 'result.json': result, 'agent1.patch': 'a patch\n' });
  const [trial] = await readTrials(runDir);
  const [submitted] = (await readSubmission(trial!, task)).patches;
  const path = join(runDir, at, 'agent1.patch');
  const content = (): string => `${Buffer.concat([...readContent(submitted!.patch)])}`;
  expect(submitted?.patch).toHaveLength(8);
  expect(content()).toBe('a patch\n');
  writeFileSync(path, 'A patch\n');
  expect(content).toThrow(`${path} changed while it was evaluated`);
  writeFileSync(path, 'a patch\n');
  expect(content()).toBe('a patch\n');
});

test('a seat lost to infrastructure is named, also one that hands in nothing', async () => {
  const agents = {
    agent1: { status: 'Error', error: 'no room left', feature_id: 1 },
    agent2: { ...done, feature_id: 2 },
    reviewer: { status: 'Cancelled', error: null, features: [], hands_in: false },
  };
  const result = { schema_version: 1, setting: 'coop', judged: 'merge', agents };
  expect(await submissionOf('coop/r_task/1/f1_f2', { 'result.json': result })).toMatchObject({
    lost: 'agent1 was lost: no room left; reviewer was lost: Cancelled',
  });
});

test("the original's results are read by their names, its patches get the newline that they lost, its errors are evaluated", async () => {
  const agents = { agent1: { status: 'Error', feature_id: 1 }, agent2: { ...done, feature_id: 2 } };
  const files = { 'result.json': { agents }, 'agent1.patch': 'a', 'agent2.patch': 'b' };
  expect(await submissionOf('r_task/1/f1_f2', files)).toEqual({
    judged: 'merge',
    untrusted: true,
    lost: undefined,
    patches: ['agent1 1: a\n', 'agent2 2: b\n'],
  });
});

test("the original's solo is one patch for all features", async () => {
  const files = { 'result.json': { agent: done, setting: 'solo' }, 'solo.patch': 'a' };
  expect(await submissionOf('solo/r_task/1/f1_f2', files)).toMatchObject({
    judged: 'single',
    patches: ['solo 1,2: a\n'],
  });
});

test("the original's oldest form is a folder for each agent", async () => {
  const files = { 'agent1/patch.diff': 'a', 'agent2/patch.diff': 'b' };
  expect(await submissionOf('r_task/task1/features_1_2', files)).toMatchObject({
    judged: 'merge',
    patches: ['agent1 1: a\n', 'agent2 2: b\n'],
  });
});

test('an empty patch is a patch, and one that is missing was lost', async () => {
  const agents = { agent1: { ...done, feature_id: 1 }, agent2: { ...done, feature_id: 2 } };
  const files = { 'result.json': { schema_version: 1, agents }, 'agent1.patch': '' };
  expect(await submissionOf('coop/r_task/1/f1_f2', files)).toMatchObject({
    patches: ['agent1 1: ', 'agent2 2: '],
    lost: `${join(runDir, 'coop/r_task/1/f1_f2/agent2.patch')} is missing`,
  });
});

test("a patch that is missing in the original's oldest form was lost", async () => {
  const files = { 'agent1/patch.diff': 'a', 'agent2/trajectory.json': '{}' };
  expect(await submissionOf('r_task/task1/features_1_2', files)).toMatchObject({
    lost: `${join(runDir, 'r_task/task1/features_1_2/agent2/patch.diff')} is missing`,
  });
});
