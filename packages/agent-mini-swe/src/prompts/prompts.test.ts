import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentContext, SeatPlan } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { fakeInbox, noChannels } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { defaultPrompts } from './defaults.ts';
import { listPlaceholderFaults } from './placeholders.ts';
import { renderPrompts } from './render.ts';

const registry = createContainer().get(tokens.registry);
const situation = {
  seat: 'agent1',
  peers: ['agent2'],
  channels: [],
  workspace: { repoDir: '/workspace/repo' } as AgentContext['workspace'],
  maxSteps: 100,
  commandTimeoutSeconds: 120,
};
const alone = { ...situation, seat: 'solo', peers: [] };

/** Returns what core gives an agent in this setting, with these channels open. */
async function among(features: readonly number[], ...names: string[]): Promise<typeof situation> {
  const setting = registry.createSync('settings', 'coop');
  const seats = setting.seats(features);
  const [seat] = seats as [SeatPlan];
  const scratch = mkdtempSync(join(tmpdir(), 'cooperbench-prompts-'));
  const opened = names.map(async (name) => {
    const channel = await registry.make('channels', name);
    await using trial = await channel.open({
      id: 'coop/some_task/7/f1_f2',
      seats,
      directory: join(scratch, name),
      mailbox: async () => ({ async [Symbol.asyncDispose]() {} }) as never,
      channels: noChannels,
      emit: () => {},
    });
    return { name, instructions: trial.instructions(seat) };
  });
  return {
    ...situation,
    peers: seats.slice(1).map(({ id }) => id),
    channels: (await Promise.all(opened)) as never,
    ...{ instructions: setting.instructions?.(seat, seats) },
    ...(names.includes('messages') && { inbox: fakeInbox() }),
  };
}

test.for<readonly [string, () => Promise<typeof situation>]>([
  ['solo', async () => alone],
  ['coop', () => among([1, 2], 'messages')],
  ['coop-git', () => among([1, 2], 'messages', 'git')],
  ['coop-silent', () => among([1, 2])],
  ['coop-silent-git', () => among([1, 2], 'git')],
  ['coop-of-three', () => among([1, 2, 3], 'messages')],
  ['untested', async () => ({ ...alone, handsIn: false })],
])('the prompt of an agent: %s', async ([name, given]) => {
  const { system, task } = renderPrompts(defaultPrompts, 'Add a `cache` option.', await given());
  await expect(`${system}\n\n=====\n\n${task}\n`).toMatchFileSnapshot(`fixtures/${name}.txt`);
});

test('a task prompt of the configuration also counts where nobody tests the changes', () => {
  const own = { ...defaultPrompts, task: 'Do: {{task}}' };
  expect(renderPrompts(own, 'Plan.', { ...alone, handsIn: false }).task).toBe('Do: Plan.');
});

test('a configuration replaces what a channel says of itself', async () => {
  const prompts = { ...defaultPrompts, channels: { git: 'Push to {{seat}}, {{peer}} reads it.' } };
  const { task } = renderPrompts(prompts, 'x', await among([1, 2], 'git'));
  expect(task).toContain('\nPush to agent1, agent2 reads it.\n');
  expect(task).not.toContain('git push');
});

test('what is filled in is not looked at again', () => {
  const { task } = renderPrompts(defaultPrompts, 'Keep {{seat}} and $& as they are.', alone);
  expect(task).toContain('Keep {{seat}} and $& as they are.');
});

test('without a step limit none is spoken of', () => {
  const { task } = renderPrompts(defaultPrompts, 'x', { ...alone, maxSteps: Number.POSITIVE_INFINITY });
  expect(task).not.toContain('steps;');
});

test('names placeholders that do not exist, and a task prompt without the task', () => {
  expect(listPlaceholderFaults(defaultPrompts)).toEqual([]);
  expect(
    listPlaceholderFaults({
      system: 'You are {{seet}}.',
      task: 'Do it. {{peers}}',
      channels: { git: '{{remote}}' },
    }),
  ).toEqual([
    'prompts.system: unknown placeholder "{{seet}}"; did you mean "{{seat}}"?',
    'prompts.task: unknown placeholder "{{peers}}"; known: seat, repo_dir, command_timeout_seconds, submit_command, max_steps, task, team, step_note',
    'prompts.channels.git: unknown placeholder "{{remote}}"; known: seat, repo_dir, command_timeout_seconds, submit_command, max_steps, peers, peer_names, peer',
    'prompts.task: has no "{{task}}", so the agent would not see its task',
  ]);
});
