import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Backend,
  ConfigError,
  objectSchema,
  option,
  type PrepareOptions,
  SandboxError,
} from '@cooperbench/core';
import tests from '@cooperbench/evaluator-tests';
import type { RunEvent } from '@cooperbench/records';
import { createContainer, tokens } from '@cooperbench/runs';
import { formatNewFilePatch, hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type BuildImagesOptions, type BuiltImage, buildImages } from './build-images.ts';

let datasetDir: string;
let backend: Backend;
let disposed: number;
let asked: (PrepareOptions & Parameters<NonNullable<Backend['prepare']>>[0])[];
let events: RunEvent[];

/** `shell_task/task1` is there, `task2` is built, `task3` fails while it is built, `task4` before that. */
const prepare: NonNullable<Backend['prepare']> = async (source, options = {}) => {
  const { image } = source;
  asked.push({ ...source, ...options });
  const task = Number(image.at(-1));
  const tell = (state: 'running' | 'ready' | 'failed', text: string): void =>
    options.onProgress?.({ image, phase: 'build', state, text });
  if (task === 4) throw new SandboxError('NO', 'There is no Dockerfile.', { hint: 'Write one.' });
  if (task > 1) tell('running', 'Step 1/1');
  if (task === 3) {
    tell('failed', 'no compiler');
    throw new SandboxError('NO', 'no compiler');
  }
  if (task > 1) tell('ready', '');
  return { from: 'image', reference: `sha256:${task}`, made: task > 1 };
};

beforeEach(() => {
  datasetDir = shellTask();
  const feature = (task: number, id: number): string =>
    join(datasetDir, `shell_task/task${task}/feature${id}`);
  for (const task of [2, 3, 4])
    for (const id of [1, 2]) {
      mkdirSync(feature(task, id), { recursive: true });
      writeFileSync(join(feature(task, id), 'feature.md'), 'A feature.\n');
      writeFileSync(join(feature(task, id), 'tests.patch'), formatNewFilePatch('test', 'true\n'));
    }
  disposed = 0;
  backend = {
    ...hostBackend(),
    prepare,
    async [Symbol.asyncDispose]() {
      disposed += 1;
    },
  };
  asked = [];
  events = [];
});
afterEach(() => rmSync(datasetDir, { recursive: true }));

const framework = {
  options: objectSchema({ version: option.text('Which.') }),
  create: () => ({ run: async () => ({ status: 'Completed' }) as const }),
  layers: (options: unknown) => {
    const { version = '1' } = options as { version?: string };
    if (version === 'odd') throw new Error('no such version');
    return [{ key: `framework-${version}`, install: ':', check: ':' }];
  },
};

const reached = Promise.withResolvers<void>();
/** Its `prepare` never ends. */
const hanging = {
  create: () => ({
    async *evaluate() {},
    prepare() {
      reached.resolve();
      return new Promise<void>(() => {});
    },
  }),
};

function build(options: Partial<BuildImagesOptions> = {}): Promise<readonly BuiltImage[]> {
  const backends = { host: { create: () => backend } };
  const plugin = {
    name: 'test',
    apiVersion: 1,
    backends,
    agents: { framework },
    evaluators: { hanging },
  } as const;
  return buildImages(createContainer([tests(), plugin]).get(tokens.host), {
    datasetDir,
    backend: 'host',
    concurrency: 1,
    onEvent: (event) => events.push(event),
    ...options,
  });
}

test('each task of the dataset has its image built once, from its own files; a failure stops no other', async () => {
  const built = await build();
  expect(built.map(({ task_id, state, reference, error }) => [task_id, state, reference, error])).toEqual([
    [1, 'present', 'sha256:1', null],
    [2, 'built', 'sha256:2', null],
    [3, 'failed', null, 'no compiler'],
    [4, 'failed', null, 'There is no Dockerfile.'],
  ]);
  expect(asked.map(({ build, force }) => ({ build, force }))).toEqual(
    Array(4).fill({ build: true, force: undefined }),
  );
  expect(asked[1]).toMatchObject({
    image: 'akhatua/cooperbench-shell:task2',
    taskDir: join(datasetDir, 'shell_task/task2'),
  });
  expect(
    events.map((event) =>
      event.type === 'image' ? `${event.image.at(-1)} ${event.state} ${event.text}` : event.type,
    ),
  ).toEqual([
    'images_started',
    '1 present ',
    '2 running Step 1/1',
    '2 ready ',
    '3 running Step 1/1',
    '3 failed no compiler',
    '4 failed There is no Dockerfile.\nWrite one.',
    'images_finished',
  ]);
  expect(events.at(-1)).toMatchObject({ built: 1, present: 1, failed: 2 });
  expect(disposed).toBe(1);
});

test('filters and force are obeyed', async () => {
  expect((await build({ repo: 'shell_task', taskId: 2, force: true })).map(({ task_id }) => task_id)).toEqual(
    [2],
  );
  expect(asked[0]?.force).toBe(true);
  await expect(build({ taskId: 9 })).rejects.toThrow(
    new ConfigError('UNKNOWN_TASK', 'The dataset has no task 9.', {
      hint: 'Did you mean 4? Known: 1, 2, 3, 4.',
      about: '9',
    }),
  );
});

test('for an agent, images are got as a run gets them, with the software that its options name', async () => {
  await build({ agent: 'framework', agentOptions: { framework: { version: '2' } }, taskId: 2 });
  expect(asked).toMatchObject([{ build: false, layers: [{ key: 'framework-2' }] }]);
  expect(events[0]).toMatchObject({ type: 'images_started', images: 1, agent: 'framework' });
});

test.for([
  ['an unknown agent', 'nobody', {}, 'UNKNOWN_AGENT'],
  ['an option that the agent does not have', 'framework', { vresion: '2' }, 'CONFIG_OPTIONS'],
  ['an agent that fails', 'framework', { version: 'odd' }, 'PLUGIN_FAULT'],
] as const)('%s is refused before any image is made', async ([_, agent, options, code]) => {
  await expect(build({ agent, agentOptions: { framework: options } })).rejects.toMatchObject({ code });
  expect(asked).toEqual([]);
});

test('a backend that prepares nothing is refused before the user is asked to trust the dataset', async () => {
  backend = { ...hostBackend(), isIsolated: async () => false };
  const trustDataset = vi.fn(async () => {});
  await expect(build({ trustDataset })).rejects.toThrow(
    new ConfigError('BACKEND_WITHOUT_IMAGES', 'The backend "host" has no images to build.', {
      hint: 'Choose a backend that builds images.',
    }),
  );
  expect(trustDataset).not.toHaveBeenCalled();
  backend = { ...backend, prepare };
  await build({ trustDataset });
  expect(trustDataset).toHaveBeenCalledWith(datasetDir);
});

test('interrupted, it builds no other and rejects with the reason', async () => {
  const controller = new AbortController();
  const interrupted = build({
    signal: controller.signal,
    onEvent: (event) =>
      event.type === 'image' && event.state === 'ready' && controller.abort(new Error('stop')),
  });
  await expect(interrupted).rejects.toThrow('stop');
  expect(asked).toHaveLength(2);
  expect(disposed).toBe(1);
});

test('an evaluator whose prepare hangs does not keep a command that is interrupted', async () => {
  backend = { ...backend, hasKept: async () => false };
  const controller = new AbortController();
  const interrupted = build({
    ...{ agent: 'framework', taskId: 1, evaluator: 'hanging', signal: controller.signal },
  });
  await Promise.race([reached.promise, interrupted]);
  controller.abort(new Error('stop'));
  await expect(interrupted).rejects.toThrow('stop');
  expect(disposed).toBe(1);
});

test('for an agent, the warm layers of tests are made, for their network, once', async () => {
  const keptKeys = new Set<string>();
  const sandboxes = hostBackend();
  const networks: (string | undefined)[] = [];
  backend = {
    ...sandboxes,
    prepare,
    async create(spec, options) {
      networks.push(spec.network);
      return { ...(await sandboxes.create(spec, options)), keep: async (key) => void keptKeys.add(key) };
    },
    hasKept: async (source) => keptKeys.has(source.kept),
  };
  writeFileSync(join(datasetDir, 'shell_task/task1/run_tests.sh'), 'echo 1..1; echo ok 1');
  const notices = (): string[] => events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  await build({ agent: 'framework', taskId: 1 });
  await build({ agent: 'framework', taskId: 1 });
  expect(networks).toEqual(['none']);
  expect(notices()).toEqual(Array(2).fill('1 of 1 tasks have a warm layer for their tests.'));
  await build({ agent: 'framework', taskId: 1, evalNetwork: 'open' });
  expect(networks).toEqual(['none', 'open']);
  expect(keptKeys.size).toBe(2);
  events = [];
  await build({ agent: 'framework', taskId: 1, evalNetwork: 'open', warm: false });
  await build({ taskId: 1, evalNetwork: 'open' });
  expect(notices()).toEqual([]);
  expect(keptKeys.size).toBe(2);
});
