import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSimulatedRun } from '@cooperbench/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import Command from './commands/__name__.ts';
import { countTrials } from './count-trials.ts';

const logs = mkdtempSync(join(tmpdir(), '__name__-'));
const root = join(import.meta.dirname, '..');
const command = (...args: string[]): Promise<unknown> => Command.run(['--log-dir', logs, ...args], root);

beforeAll(() => writeSimulatedRun(logs, 'night', { settings: ['coop'], pairs: 3 }));
afterAll(() => rmSync(logs, { recursive: true, force: true }));

test('each trial is counted', async () => {
  const counts = await command('night', '--json');
  expect(counts).toHaveLength(3);
  expect(counts).toContainEqual({
    trial: expect.stringMatching(/^coop\/\w+\/\d+\/f\d+_f\d+$/),
    messages: expect.any(Number),
    tokens: expect.any(Number),
  });
});

test('a run that does not exist is named', async () => {
  await expect(countTrials(logs, 'nihgt')).rejects.toMatchObject({ code: 'UNKNOWN_RUN' });
});

test.for([[[]], [['night', '--fast']]])('%j is refused with exit code 2', async ([args]) => {
  try {
    expect(await command(...(args as string[]))).toBeUndefined();
    expect(process.exitCode).toBe(2);
  } finally {
    process.exitCode = 0;
  }
});
