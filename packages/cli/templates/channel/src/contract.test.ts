import type { ChannelEvent } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { channelContract, noChannels, withKnownFailures } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { createChannel } from './channel.ts';
import plugin from './index.ts';

/** Promises that cannot be kept, each with the reason. The test fails once one of them is kept. */
const knownFailures = {};

describe('the channel contract', () => {
  /** Commands of an agent, in this order. Each exits with 0. */
  const scripts = ['tasks add "Change parse()"', 'tasks claim 1', 'tasks list | grep agent1', 'tasks done 1'];
  const subject = { channel: createChannel({}), scripts };
  test.for(withKnownFailures(channelContract, knownFailures))('$name', { timeout: 60_000 }, ({ check }) =>
    check(subject),
  );
});

test('a task that a seat has claimed is closed to its peers, and metrics count what is done', async () => {
  const events: ChannelEvent[] = [];
  await using trial = await createChannel({}).open({
    id: 'coop/some_task/1/f1_f2',
    seats: [],
    directory: '/nowhere',
    mailbox: () => Promise.reject(new Error('it uses no bus')),
    channels: noChannels,
    emit: (event) => events.push(event),
  });
  const tasks = (seat: string, ...args: string[]) =>
    trial.run({
      seat,
      command: 'tasks',
      args,
      signal: new AbortController().signal,
      stdin: async () => new Uint8Array(),
      stream: () => Promise.reject(new Error('it uses no stream')),
    });
  expect(await tasks('agent1', 'add', 'Write', 'tests')).toEqual({ stdout: '1 [open] Write tests\n' });
  await tasks('agent1', 'claim', '1');
  await expect(tasks('agent2', 'done', '1')).rejects.toThrow('agent1 has claimed it');
  await tasks('agent1', 'done', '1');
  expect(trial.metrics?.()).toEqual({ tasks_added: 1, tasks_done: 1 });
  expect(events.at(-1)).toMatchObject({ type: 'activity', seat: 'agent1', text: '1 [done] Write tests' });
});

test('unknown options are refused', () => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect(() => registry.checkOptions('channels', '__name__', { maxTask: 5 })).toThrow(
    'unknown key "maxTask"; did you mean "maxTasks"?',
  );
});
