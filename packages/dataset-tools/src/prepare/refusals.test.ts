import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CooperBenchError } from '@cooperbench/core';
import { endlessServer } from '@cooperbench/testing';
import {
  buildContents,
  buildExpectedContents,
  type Fault,
  patchOf,
  smallDataset,
  type TestHub,
  withFile,
} from '@cooperbench/testing/hub';
import { expect, test } from 'vitest';
import type { PrepareEvent } from './events.ts';
import { buildHubSettings } from './hub-settings.ts';
import { folder, prepareFrom, startHub } from './prepare.test.support.ts';

const dataset = 'CodeConflict/cooperbench-dataset';
const patch = 'abc_task/task1/feature1/feature.patch';
const later = 'Repeat the command later: complete files are kept.';
const elsewhere = 'Check HF_ENDPOINT, and whether a proxy answers in its place.';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Returns what the failure says; its class gives the exit code. */
async function failure(work: () => unknown): Promise<Record<string, unknown>> {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  if (!CooperBenchError.is(error)) throw error ?? new Error('It did not fail.');
  return { is: error.name, code: error.code, says: error.message, hint: error.hint };
}

interface Refused {
  readonly hub?: (hub: TestHub) => void;
  readonly fault?: Fault;
  readonly token?: string;
  readonly revision?: string;
  readonly expected: (url: string, hub: TestHub) => Record<string, unknown>;
}

const refusals: Readonly<Record<string, Refused>> = {
  'a dataset that is not public, without a token': {
    hub: (hub) => {
      hub.token = 'right';
    },
    expected: (url) => ({
      is: 'ConfigError',
      code: 'HUB_TOKEN_MISSING',
      says: `${url} requires an account for ${dataset}.`,
      hint: 'Set HF_TOKEN to a token that may read it.',
    }),
  },
  'a token the Hub does not know': {
    hub: (hub) => {
      hub.token = 'right';
    },
    token: 'wrong',
    expected: (url) => ({
      is: 'ConfigError',
      code: 'HUB_TOKEN_REFUSED',
      says: `${url} refused the token in HF_TOKEN.`,
      hint: 'It may have expired: set another, or unset HF_TOKEN.',
    }),
  },
  'a token without access': {
    fault: { at: /tree/, status: 403 },
    token: 'mine',
    expected: (url) => ({
      is: 'ConfigError',
      code: 'HUB_NO_ACCESS',
      says: `The token in HF_TOKEN may not read ${dataset}.`,
      hint: `Ask for access at ${url}/datasets/${dataset}, or set a token that has it.`,
    }),
  },
  'no such dataset': {
    fault: { at: /revision/, status: 404, headers: { 'x-error-code': 'RepoNotFound' } },
    expected: (url) => ({
      is: 'ConfigError',
      code: 'HUB_NOT_FOUND',
      says: `${url} has no dataset ${dataset}.`,
      hint: 'Check HF_ENDPOINT.',
    }),
  },
  'no such revision': {
    revision: 'v9/../x',
    expected: () => ({
      is: 'ConfigError',
      code: 'HUB_REVISION',
      says: `${dataset} has no revision "v9/../x".`,
      hint: 'Name a branch, a tag or a commit with --revision.',
    }),
  },
  'a revision without tasks': {
    hub: (hub) => {
      hub.publish('first', [{ path: 'README.md', content: '' }]);
    },
    revision: 'first',
    expected: () => ({
      is: 'ConfigError',
      code: 'HUB_REVISION',
      says: `${dataset} has no task at revision "first".`,
      hint: 'Name a branch, a tag or a commit with --revision.',
    }),
  },
  'a Hub that stays out of order': {
    fault: { at: /revision/, status: 502, times: 5 },
    expected: (url) => ({
      is: 'CooperBenchError',
      code: 'HUB_UNAVAILABLE',
      says: `${url} answered 502.`,
      hint: later,
    }),
  },
  'a limit that lasts longer than one waits': {
    fault: { at: /tree/, status: 429, headers: { 'retry-after': '3600' } },
    expected: (url) => ({
      is: 'CooperBenchError',
      code: 'HUB_UNAVAILABLE',
      says: `${url} answered 429.`,
      hint: `${later} HF_TOKEN raises the limit.`,
    }),
  },
  'a page in place of an answer': {
    fault: { at: /revision/, status: 200, body: '<html>' },
    expected: (url) => ({
      is: 'CooperBenchError',
      code: 'HUB_RESPONSE',
      says: `Unexpected response from the Hugging Face Hub at ${url}: Unexpected token '<', "<html>" is not valid JSON`,
      hint: elsewhere,
    }),
  },
  'an answer that names no commit': {
    fault: { at: /revision/, status: 200, body: '{"sha":"../../x"}' },
    expected: (url) => ({
      is: 'CooperBenchError',
      code: 'HUB_RESPONSE',
      says: `Unexpected response from the Hugging Face Hub at ${url}: it names no commit`,
      hint: elsewhere,
    }),
  },
  'a file that is listed and not there': {
    fault: { at: /resolve.*feature1.feature.md/, status: 404, headers: { 'x-error-code': 'EntryNotFound' } },
    expected: (url, hub) => ({
      is: 'CooperBenchError',
      code: 'HUB_RESPONSE',
      says: `Unexpected response from the Hugging Face Hub at ${url}: status 404 for /datasets/${dataset}/resolve/${hub.revisions.get('main')?.sha}/abc_task/task1/feature1/feature.md`,
      hint: elsewhere,
    }),
  },
  'content that stays wrong': {
    fault: { at: /storage.*feature1/, content: Buffer.alloc(3000, 'y'), times: 5 },
    expected: () => ({
      is: 'CooperBenchError',
      code: 'DATASET_CHECKSUM',
      says: `${patch} does not match the listing: expected sha256:${sha256(patchOf(3000))} of 3000 bytes, got ${sha256('y'.repeat(3000))}.`,
      hint: 'Repeat the command later, or name another --revision. Complete files are kept.',
    }),
  },
  'content that stays short': {
    fault: { at: /storage.*feature1/, content: Buffer.from('xx'), times: 5 },
    expected: () => ({
      is: 'CooperBenchError',
      code: 'DATASET_CHECKSUM',
      says: `${patch} does not match the listing: expected sha256:${sha256(patchOf(3000))} of 3000 bytes, got 2 bytes.`,
      hint: 'Repeat the command later, or name another --revision. Complete files are kept.',
    }),
  },
};

test.for(Object.entries(refusals))(
  '%s has its own error',
  async ([, { hub: adapt, fault, expected, ...rest }]) => {
    const hub = await startHub();
    adapt?.(hub);
    if (fault) hub.faults = [fault];
    expect(await failure(() => prepareFrom(hub, folder(), rest))).toEqual(expected(hub.url, hub));
  },
);

test('a failure ends the other downloads, and the same command then completes', async () => {
  const hub = await startHub(
    withFile(smallDataset, { path: patch, content: Buffer.alloc(1_000_000), kind: 'lfs' }),
  );
  hub.bytesPerSecond = 100_000;
  hub.faults = [{ at: /content.*feature2.feature.md/, content: Buffer.from('wrong'), times: 5 }];
  const root = folder();
  expect(await failure(() => prepareFrom(hub, root))).toMatchObject({ code: 'DATASET_CHECKSUM' });
  hub.bytesPerSecond = undefined;
  await prepareFrom(hub, root);
  expect(buildContents(root)[patch]).toHaveLength(1_000_000);
});

test('no server: an error after five attempts, each announced', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  await new Promise((resolve) => server.close(resolve));
  const events: PrepareEvent[] = [];
  const url = `http://127.0.0.1:${port}`;
  expect(await failure(() => prepareFrom({ url }, folder(), { events }))).toEqual({
    is: 'CooperBenchError',
    code: 'HUB_UNREACHABLE',
    says: `${url} cannot be reached: ECONNREFUSED`,
    hint: `Check the network and HF_ENDPOINT. ${later}`,
  });
  expect(events.map(({ type }) => type)).toEqual(['retry', 'retry', 'retry', 'retry']);
});

test.for([
  ['../x_task/a', 'leads out of the directory'],
  ['/etc/passwd', 'leads out of the directory'],
  ['a_task/../../b', 'leads out of the directory'],
  ['a_task/./b', 'leads out of the directory'],
  ['a_task//b', 'leads out of the directory'],
  ['a_task\\..\\b', 'is not a valid file name'],
  ['C:/a_task', 'is not a valid file name'],
  [`a_task/${'x'.repeat(256)}`, 'is not a valid file name'],
  ['a_task/a\u001b[2J', 'is not a valid file name', 'a_task/a'],
] as const)('the name %s is refused before anything is written', async ([path, reason, shownText]) => {
  const hub = await startHub([...smallDataset, { path, content: 'evil' }]);
  const root = folder();
  expect(await failure(() => prepareFrom(hub, root))).toEqual({
    is: 'CooperBenchError',
    code: 'DATASET_PATH',
    says: `The path "${shownText ?? path}" in the listing ${reason}.`,
    hint: 'Nothing was downloaded. Check HF_ENDPOINT.',
  });
  expect(readdirSync(root)).toEqual([]);
});

test('a listing without a checksum is refused', async () => {
  const hub = await startHub();
  const entry = { type: 'file', path: 'abc_task/a', size: 1, oid: 'f'.repeat(40), xetHash: 'e'.repeat(64) };
  hub.faults = [{ at: /tree/, status: 200, body: JSON.stringify([entry]) }];
  expect(await failure(() => prepareFrom(hub, folder()))).toEqual({
    is: 'CooperBenchError',
    code: 'DATASET_UNVERIFIABLE',
    says: 'The listing states no checksum for abc_task/a.',
    hint: 'Nothing was downloaded. Name another --revision.',
  });
});

test.for([
  [
    'a symbolic link',
    (root: string, outsidePath: string) => symlinkSync(outsidePath, join(root, 'abc_task')),
    'abc_task',
  ],
  [
    'a symbolic link',
    (root: string, outsidePath: string) => {
      mkdirSync(join(root, 'abc_task/task1'), { recursive: true });
      symlinkSync(join(outsidePath, 'target'), join(root, 'abc_task/task1/setup.sh'));
    },
    'abc_task/task1/setup.sh',
  ],
  [
    'a symbolic link',
    (root: string, outsidePath: string) => symlinkSync(outsidePath, join(root, '.cooperbench-download')),
    '.cooperbench-download',
  ],
  ['not a directory', (root: string) => writeFileSync(join(root, 'subsets'), ''), 'subsets'],
  [
    'not a file',
    (root: string) => mkdirSync(join(root, 'subsets/lite.json'), { recursive: true }),
    'subsets/lite.json',
  ],
] as const)(
  '%s in the place of the dataset is refused, also with --force',
  async ([subject, block, path]) => {
    const hub = await startHub();
    const [root, outsidePath] = [folder(), folder()];
    writeFileSync(join(outsidePath, 'target'), 'mine');
    block(root, outsidePath);
    expect(await failure(() => prepareFrom(hub, root, { force: true }))).toEqual({
      is: 'ConfigError',
      code: 'DATASET_PATH_TAKEN',
      says: `${join(root, path)} is ${subject}.`,
      hint: 'Move it away, or name another directory with --dataset-dir.',
    });
    expect(buildContents(outsidePath)).toEqual({ target: 'mine' });
  },
);

test('a folder that is none is refused', async () => {
  const hub = await startHub();
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  expect(await failure(() => prepareFrom(hub, file))).toEqual({
    is: 'ConfigError',
    code: 'DATASET_UNWRITABLE',
    says: `${file} cannot be read and written: ENOTDIR: not a directory, lstat '${file}/.cooperbench-download'`,
    hint: 'Fix the cause, or name another directory with --dataset-dir.',
  });
});

test('a second one at the same time is refused', async () => {
  const hub = await startHub(
    withFile(smallDataset, { path: patch, content: Buffer.alloc(100_000), kind: 'lfs' }),
  );
  hub.bytesPerSecond = 100_000;
  const root = folder();
  let second: Promise<unknown> | undefined;
  const first = prepareFrom(hub, root, {
    onEvent: ({ type }) => {
      if (type === 'compared') second = failure(() => prepareFrom(hub, root));
    },
  });
  await first;
  const lock = join(root, '.cooperbench-download');
  expect(await second).toMatchObject({
    is: 'ConfigError',
    code: 'DATASET_LOCKED',
    says: expect.stringMatching(`^${lock} is in use by process ${process.pid} on .+\\.$`),
    hint: `Wait for it to end. If it is dead, remove ${lock}/.lock.`,
  });
  expect(buildContents(root)[patch]).toHaveLength(100_000);
});

test('a record that is broken or hostile leads to no file outside', async () => {
  const hub = await startHub();
  const parent = folder();
  const root = join(parent, 'dataset');
  await prepareFrom(hub, root);
  const record = join(root, '.cooperbench-dataset.json');
  writeFileSync(join(parent, 'outside'), '');
  writeFileSync(
    record,
    readFileSync(record, 'utf8').replace(
      '"files": {',
      '"files": { "../outside": "git-sha1:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",',
    ),
  );
  expect(await failure(() => prepareFrom(hub, root))).toMatchObject({ code: 'DATASET_PATH' });
  expect(readdirSync(parent)).toEqual(['dataset', 'outside']);
  writeFileSync(record, '{ "schema');
  expect(await prepareFrom(hub, root)).toMatchObject({ downloaded: 0, unchanged: 11 });
  expect(buildContents(root)).toMatchObject(buildExpectedContents(smallDataset));
});

test.for([
  [
    'ftp://x',
    'HF_ENDPOINT is not an http or https URL.',
    'Set it to a URL such as https://huggingface.co, or unset it.',
  ],
  [
    'https://me:secret@x',
    'HF_ENDPOINT must not contain a user, a password, ? or #.',
    'Set it to the plain URL; set HF_TOKEN to the token.',
  ],
])('HF_ENDPOINT %s is refused', async ([HF_ENDPOINT, says, hint]) => {
  expect(await failure(() => buildHubSettings({ HF_ENDPOINT }))).toEqual({
    is: 'ConfigError',
    code: 'HUB_ENDPOINT',
    says,
    hint,
  });
});

test('HF_TOKEN that cannot be sent is refused without being shown', async () => {
  expect(await failure(() => buildHubSettings({ HF_TOKEN: 'hf_secret\nx' }))).toEqual({
    is: 'ConfigError',
    code: 'HUB_TOKEN',
    says: 'HF_TOKEN contains characters that no token has.',
    hint: 'Set it to the token alone, or unset it: the dataset is public.',
  });
});

test('an endpoint from .env does not get the token of the environment', async () => {
  const environment = { HF_ENDPOINT: 'https://mirror', HF_TOKEN: 'hf_secret' };
  expect(await failure(() => buildHubSettings(environment, ['HF_ENDPOINT']))).toEqual({
    is: 'ConfigError',
    code: 'HUB_TOKEN',
    says: 'HF_ENDPOINT comes from .env, so CooperBench does not send the HF_TOKEN of your environment there.',
    hint: 'Set HF_ENDPOINT in the environment if you trust it, or unset HF_TOKEN: the dataset is public.',
  });
  expect(buildHubSettings(environment, ['HF_ENDPOINT', 'HF_TOKEN']).token).toBe('hf_secret');
});

test('HF_ENDPOINT and HF_TOKEN have defaults, and lose what surrounds them', () => {
  expect(buildHubSettings({})).toEqual({ endpoint: 'https://huggingface.co', token: undefined });
  expect(buildHubSettings({ HF_ENDPOINT: ' https://mirror/hub/ ', HF_TOKEN: ' t\n' })).toEqual({
    endpoint: 'https://mirror/hub',
    token: 't',
  });
});

test('an endless answer of the Hub is read up to 64 MiB', async () => {
  await using server = await endlessServer();
  expect(await failure(() => prepareFrom(server, folder()))).toMatchObject({
    says: expect.stringContaining('the answer is longer than 64 MiB'),
  });
});
