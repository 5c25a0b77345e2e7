import { join } from 'node:path';
import dockerPlugin from '@cooperbench/backend-docker';
import localPlugin from '@cooperbench/backend-local';
import type { Backend, Channel, Sandbox } from '@cooperbench/core';
import { gitChannel, messagesChannel } from '@cooperbench/core/host';
import settingsPlugin from '@cooperbench/settings';
import { channelContract } from '@cooperbench/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeOnEachBackend, type Where } from './attacks.test.support.ts';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { imageOf, shellDataset } from './dataset.test.support.ts';
import { removeImages } from './docker.test.support.ts';

const baseImage = 'cooperbench-test/busybox';

/** What the first seat runs on each channel. */
const scripts: Readonly<Record<string, readonly string[]>> = {
  messages: ['send_message agent2 hello', 'echo hello | send_message all'],
  git: ['git commit -q --allow-empty -m one', 'git push -q team HEAD:agent1', 'git fetch -q team'],
  tasks: ['task_list', 'task_create "More work"', 'task_claim 1', 'task_update 1 done "as agreed"'],
  folder: ['echo plan | share_file plan.md', 'test "$(cat ../shared/plan.md)" = plan'],
  mcp: ['cooperbench_mcp'],
  requests: ['request agent2 review "Is parse() right?"', 'requests'],
};

async function openChannel(name: string): Promise<Channel> {
  if (name === 'messages') return messagesChannel;
  if (name === 'git') return gitChannel;
  return (await settingsPlugin().channels?.[name]?.create({})) ?? expect.fail(`no channel ${name}`);
}

async function openBackend(backendName: Where): Promise<Backend> {
  const backend =
    backendName === 'local'
      ? await localPlugin().backends?.local?.create({ isolation: 'bubblewrap' })
      : await dockerPlugin().backends?.docker?.create({ build: true, baseImage });
  return backend ?? expect.fail(`no backend ${backendName}`);
}

describeOnEachBackend('the contract of channels', (backendName) => {
  let remove = (): void => {};
  let scratch: Scratch;
  let dataset: string;
  let backend: Backend;
  let opened = 0;

  beforeAll(async () => {
    scratch = createScratch((work) => {
      remove = work;
    });
    dataset = shellDataset(join(scratch.root, 'dataset'), { ownImages: 'shared' });
    backend = await openBackend(backendName);
  });
  afterAll(async () => {
    await backend[Symbol.asyncDispose]?.();
    if (backendName === 'docker') removeImages(scratch);
    remove();
  });

  function openSandbox(): Promise<Sandbox> {
    opened += 1;
    return backend.create({
      name: `channels-${process.pid}-${opened}`,
      labels: { run: 'channels', trial: 'coop/shell_task/1/f1_f2', seat: 'agent1' },
      image: imageOf(dataset),
      taskDir: join(dataset, 'shell_task/task1'),
      untrusted: true,
      lifetimeMs: 600_000,
      network: 'none',
    });
  }

  describe.for(Object.keys(scripts))('%s', (name) => {
    test.for(channelContract)('$name', async ({ check }) =>
      check({ channel: await openChannel(name), scripts: scripts[name] ?? [], openSandbox }),
    );
  });
});

test('every channel of the bundled plugins is among them', () => {
  const bundled = Object.keys(settingsPlugin().channels ?? {});
  expect(Object.keys(scripts).sort()).toEqual(['git', 'messages', ...bundled].sort());
});
