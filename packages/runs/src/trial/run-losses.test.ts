import { setTimeout as delay } from 'node:timers/promises';
import { AgentError, CommandError, SandboxError } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { type Blame, type LossCount, RunLosses } from './run-losses.ts';

const { signal } = new AbortController();
const died = new SandboxError('SANDBOX_EXEC', 'its first process was killed');
const unreachable = new SandboxError('SANDBOX_LOST', 'the daemon went away', { fromOutside: true });
const model = new AgentError('MODEL_FAILED', 'the model does not answer');

/** `before`: the seats of trial `a` that were lost before. */
const lossesOf = (momentMs = 100, before: Record<string, Partial<LossCount>> = {}): RunLosses => {
  const counts = Object.entries(before).map(
    ([seat, count]) => [seat, { explained: 0, unexplained: 0, ...count }] as const,
  );
  return new RunLosses(new Map([['a', new Map(counts)]]), momentMs);
};
const once = { agent1: { unexplained: 1 } };
const blame = (losses: RunLosses, trial: string, error: unknown, isIdle = false): Promise<Blame> =>
  losses.blame({ trial, seat: 'agent1', error, isIdle }, signal);

test('a sandbox that dies alone is the agent’s doing, however long the run waits for others', async () => {
  const losses = lossesOf();
  for (const trial of ['a', 'b']) losses.begin(trial);
  expect(await blame(losses, 'a', died)).toBe('agent');
});

test('two trials whose sandboxes die in the same moment are an infrastructure failure', async () => {
  const losses = lossesOf(10_000);
  for (const trial of ['a', 'b']) losses.begin(trial);
  const first = blame(losses, 'a', died);
  await delay(50);
  expect(await Promise.all([first, blame(losses, 'b', died)])).toEqual(['shared', 'shared']);
});

test('both seats of a trial that die at once are no evidence for each other', async () => {
  const losses = lossesOf();
  for (const trial of ['a', 'b']) losses.begin(trial);
  expect(await Promise.all([blame(losses, 'a', died), blame(losses, 'a', died)])).toEqual(['agent', 'agent']);
});

test('evidence of the backend is infrastructure at once and always, and explains others', async () => {
  const losses = lossesOf(10_000, once);
  for (const trial of ['a', 'b']) losses.begin(trial);
  expect(await blame(losses, 'a', unreachable)).toBe('outside');
  expect(await blame(losses, 'b', died)).toBe('shared');
});

test('evidence explains two losses of a seat, and the third is judged', async () => {
  for (const [explained, blamed] of [
    [1, 'outside'],
    [2, 'agent'],
  ] as const) {
    const losses = lossesOf(10_000, { agent1: { explained } });
    losses.end('b', true);
    expect(await blame(losses, 'a', unreachable)).toBe(blamed);
    expect(await blame(losses, 'a', model)).toBe(blamed === 'agent' ? 'agent' : 'shared');
    expect(await blame(losses, 'a', model, true)).toBe('idle');
    const refusal = new AgentError('MODEL_REFUSED', 'the key is refused', { scope: 'run' });
    expect(await blame(losses, 'a', refusal)).toBe('outside');
  }
});

test('before the first answer of its model, nothing is an agent’s doing', async () => {
  expect(await blame(lossesOf(100, once), 'a', died, true)).toBe('idle');
});

test('a failed command in a sandbox is the agent’s doing', async () => {
  expect(await blame(lossesOf(), 'a', new CommandError('COMMAND_FAILED', 'git failed'))).toBe('agent');
});

test('any other failure is lost once, and judged when the seat was lost before', async () => {
  expect(await blame(lossesOf(), 'a', model)).toBe('unexplained');
  expect(await blame(lossesOf(100, { agent2: { unexplained: 1 } }), 'a', model)).toBe('unexplained');
  expect(await blame(lossesOf(100, once), 'a', model)).toBe('agent');
});

test('an outage of a night judges nobody: all other trials are lost as well', async () => {
  const losses = lossesOf(10_000, once);
  losses.end('b', true);
  losses.end('c', true);
  expect(await blame(losses, 'a', model)).toBe('shared');
  losses.end('d', false);
  expect(await blame(losses, 'a', model)).toBe('agent');
});
