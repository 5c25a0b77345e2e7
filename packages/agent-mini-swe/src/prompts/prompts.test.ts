import type { AgentContext } from '@cooperbench/core';
import { fakeMailbox } from '@cooperbench/core/testing';
import { expect, test } from 'vitest';
import { defaultPrompts } from './defaults.ts';
import { placeholderFaults } from './placeholders.ts';
import { renderPrompts } from './render.ts';

const situation = {
  seat: 'agent1',
  peers: ['agent2'],
  workspace: { repoDir: '/workspace/repo' } as AgentContext['workspace'],
  maxSteps: 100,
  commandTimeoutSeconds: 120,
};
const alone = { ...situation, seat: 'solo', peers: [] };
const mailbox = fakeMailbox();

test.for([
  ['solo', alone],
  ['coop', { ...situation, mailbox }],
  ['coop-git', { ...situation, mailbox, gitRemote: 'team' }],
  ['coop-silent', situation],
  ['coop-silent-git', { ...situation, gitRemote: 'team' }],
  ['coop-of-three', { ...situation, peers: ['agent2', 'agent3'], mailbox }],
] as const)('what an agent is told: %s', async ([name, given]) => {
  const { system, task } = renderPrompts(defaultPrompts, 'Add a `cache` option.', given);
  await expect(`${system}\n\n=====\n\n${task}\n`).toMatchFileSnapshot(`fixtures/${name}.txt`);
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
  expect(placeholderFaults(defaultPrompts)).toEqual([]);
  expect(placeholderFaults({ system: 'You are {{seet}}.', task: 'Do it. {{peers}}' })).toEqual([
    'prompts.system: unknown placeholder "{{seet}}"; did you mean "{{seat}}"?',
    'prompts.task: unknown placeholder "{{peers}}"; known: seat, repo_dir, command_timeout_seconds, submit_command, max_steps, task, team, step_note',
    'prompts.task: has no "{{task}}", so the agent would not see its task',
  ]);
});
