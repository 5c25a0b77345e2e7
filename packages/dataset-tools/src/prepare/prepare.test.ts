import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layOutDataset, publicDataset } from '@cooperbench/testing';
import { buildContents, buildExpectedContents, smallDataset, task, withFile } from '@cooperbench/testing/hub';
import { expect, onTestFinished, test } from 'vitest';
import type { PrepareEvent } from './events.ts';
import { folder, prepareFrom, startHub } from './prepare.test.support.ts';

const readme = 'abc_task/task1/feature1/feature.md';
const patch = 'abc_task/task1/feature1/feature.patch';
const big = { path: patch, content: Buffer.alloc(300_000, 'big patch\n'), kind: 'lfs' } as const;
const recordOf = (root: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(root, '.cooperbench-dataset.json'), 'utf8'));

test('an empty folder then holds the tasks and subsets of the revision, and nothing else', async () => {
  const hub = await startHub();
  const root = folder();
  const { sha } = hub.revisions.get('main') ?? { sha: '' };
  const result = await prepareFrom(hub, root);
  expect(buildContents(root)).toEqual(buildExpectedContents(smallDataset));
  expect(result).toEqual({
    dataset: 'CodeConflict/cooperbench-dataset',
    revision: sha,
    directory: root,
    files: 11,
    downloaded: 11,
    downloaded_bytes: Object.values(buildExpectedContents(smallDataset)).join('').length,
    unchanged: 0,
    kept: [],
    removed: [],
    tasks: 1,
    pairs: 1,
    broken: [],
  });
  expect(recordOf(root)).toMatchObject({ state: 'complete', revision: sha, asked: 'main', kept: [] });
  expect(Object.keys(recordOf(root).files as object)).toHaveLength(11);
  expect(readdirSync(root).sort()).toEqual(['.cooperbench-dataset.json', 'abc_task', 'subsets']);
});

test('every page of the listing of the public dataset is read: 30 tasks, 652 pairs', async () => {
  const source = mkdtempSync(join(tmpdir(), 'cooperbench-public-'));
  onTestFinished(() => rmSync(source, { recursive: true }));
  await layOutDataset(source, publicDataset);
  const hub = await startHub(
    Object.entries(buildContents(source)).map(([path, content]) => ({ path, content })),
  );
  const root = folder();
  expect(await prepareFrom(hub, root)).toMatchObject({ files: 717, downloaded: 717, tasks: 30, pairs: 652 });
  expect(buildContents(root)).toEqual(buildContents(source));
  expect(hub.seen.filter(({ url }) => url.includes('/tree/'))).toHaveLength(8);
});

test('files from LFS and Xet are checked by SHA-256 and come from the storage, which never sees the token', async () => {
  const hub = await startHub(withFile(smallDataset, { ...big, kind: 'xet' }));
  hub.token = 'secret';
  const root = folder();
  await prepareFrom(hub, root, { token: 'secret' });
  expect(recordOf(root).files).toMatchObject({
    [patch]: expect.stringMatching(/^sha256:/),
    [readme]: expect.stringMatching(/^git-sha1:/),
  });
  const storage = hub.seen.filter(({ server }) => server === 'storage');
  expect(storage).toHaveLength(2);
  expect(storage.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  expect(
    hub.seen.every(({ server, authorization }) => (server === 'hub') === (authorization === 'Bearer secret')),
  ).toBe(true);
});

test('what is there is not downloaded again', async () => {
  const hub = await startHub();
  const root = folder();
  await prepareFrom(hub, root);
  hub.seen.length = 0;
  rmSync(join(root, readme));
  expect(await prepareFrom(hub, root)).toMatchObject({ downloaded: 1, unchanged: 10 });
  expect(hub.downloads.map(({ url }) => url.endsWith(readme))).toEqual([true]);
});

test('a download that breaks off starts again', async () => {
  const hub = await startHub(withFile(smallDataset, big));
  hub.faults = [{ at: /storage .*feature1/, cutAfter: 100_000, times: 2 }];
  const root = folder();
  const events: PrepareEvent[] = [];
  await prepareFrom(hub, root, { events });
  expect(buildContents(root)).toEqual(buildExpectedContents(withFile(smallDataset, big)));
  const bytes = events.reduce((sum, event) => sum + (event.type === 'bytes' ? event.delta : 0), 0);
  expect(bytes).toBe(Object.values(buildContents(root)).join('').length);
});

test('wrong content is thrown away and asked for again', async () => {
  const hub = await startHub(withFile(smallDataset, big));
  hub.faults = [
    { at: /storage .*feature1/, content: Buffer.alloc(300_000, 'wrong') },
    { at: /storage .*feature1/, content: Buffer.from('short') },
    { at: /storage .*feature1/, content: Buffer.alloc(400_000, 'long') },
  ];
  const root = folder();
  await prepareFrom(hub, root);
  expect(buildContents(root)).toEqual(buildExpectedContents(withFile(smallDataset, big)));
});

test.for([
  ['503', { at: /./, status: 503, times: 3 }],
  ['429 with Retry-After', { at: /./, status: 429, headers: { 'retry-after': '0' }, times: 3 }],
  [
    '429 with RateLimit',
    { at: /content/, status: 429, headers: { ratelimit: '"resolvers";r=0;t=0' }, times: 3 },
  ],
  ['an expired address of the storage', { at: /^storage/, status: 403, times: 1 }],
] as const)('%s is waited out', async ([, fault]) => {
  const hub = await startHub();
  hub.faults = [fault];
  const root = folder();
  const events: PrepareEvent[] = [];
  await prepareFrom(hub, root, { events });
  expect(buildContents(root)).toEqual(buildExpectedContents(smallDataset));
  expect(events.filter(({ type }) => type === 'retry').length).toBe(fault.times);
});

test('another revision replaces what was written before, and removes what it does not have', async () => {
  const hub = await startHub([...smallDataset, ...task('old_task/task9', [1, 2])]);
  const root = folder();
  await prepareFrom(hub, root);
  const next = withFile(smallDataset, { path: readme, content: 'new' });
  hub.publish('v2', next);
  expect(await prepareFrom(hub, root, { revision: 'v2' })).toMatchObject({
    downloaded: 1,
    kept: [],
    removed: expect.arrayContaining(['old_task/task9/setup.sh']),
    tasks: 1,
  });
  expect(buildContents(root)).toEqual(buildExpectedContents(next));
  expect(readdirSync(root)).not.toContain('old_task');
});

test('what was changed or added here is kept and named', async () => {
  const hub = await startHub([...smallDataset, ...task('old_task/task9', [1, 2])]);
  const root = folder();
  await prepareFrom(hub, root);
  const mine = { [readme]: 'mine', 'old_task/task9/setup.sh': 'mine too', 'abc_task/task1/notes': 'added' };
  for (const [path, content] of Object.entries(mine)) writeFileSync(join(root, path), content);
  hub.publish('v2', withFile(smallDataset, { path: readme, content: 'new' }));
  for (const _ of [1, 2]) {
    const result = await prepareFrom(hub, root, { revision: 'v2' });
    expect(result.kept).toEqual([readme]);
    expect(buildContents(root)).toMatchObject(mine);
    expect(recordOf(root)).toMatchObject({ kept: [readme] });
    expect(recordOf(root).files).not.toHaveProperty(readme);
  }
});

test('--force replaces what was changed, downloads nothing else, and keeps what was added', async () => {
  const hub = await startHub();
  const root = folder();
  await prepareFrom(hub, root);
  writeFileSync(join(root, readme), 'mine');
  writeFileSync(join(root, 'abc_task/task1/notes'), 'added');
  expect(await prepareFrom(hub, root, { force: true })).toMatchObject({ downloaded: 1, kept: [] });
  expect(buildContents(root)).toEqual({
    ...buildExpectedContents(smallDataset),
    'abc_task/task1/notes': 'added',
  });
});

test('after an interrupted update, another revision replaces all that the update left', async () => {
  const hub = await startHub();
  const root = folder();
  await prepareFrom(hub, root);
  hub.publish('v2', withFile(withFile(smallDataset, { path: readme, content: 'second' }), big));
  hub.bytesPerSecond = 100_000;
  const stop = new AbortController();
  const interrupted = prepareFrom(hub, root, {
    revision: 'v2',
    signal: stop.signal,
    onEvent: ({ type }) => type === 'file' && stop.abort(),
  });
  await expect(interrupted).rejects.toMatchObject({ name: 'AbortError' });
  expect(recordOf(root)).toMatchObject({ state: 'incomplete' });
  hub.bytesPerSecond = undefined;
  const third = withFile(smallDataset, { path: readme, content: 'third' });
  hub.publish('v3', third);
  expect(await prepareFrom(hub, root, { revision: 'v3' })).toMatchObject({ downloaded: 2, kept: [] });
  expect(buildContents(root)).toEqual(buildExpectedContents(third));
});
