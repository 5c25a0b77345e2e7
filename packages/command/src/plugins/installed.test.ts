import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockPlugins } from '@cooperbench/command/plugins';
import { expect, onTestFinished, test, vi } from 'vitest';
import { loadInstalledPlugins, type OclifPlugin } from './installed.ts';
import { changeList, type ListedPlugin, listListedPlugins } from './plugin-list.ts';

/**
 * Returns a data directory whose list has one linked plugin, `p`, and another directory of that plugin. The import of both
 * hangs.
 */
async function hangingPlugin(): Promise<{ dataDir: string; listed: ListedPlugin; other: ListedPlugin }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'cooperbench-hang-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  const [listedPlugin, other] = ['p', 'other'].map((folder): ListedPlugin => {
    const root = join(dataDir, folder);
    mkdirSync(root);
    writeFileSync(join(root, 'package.json'), '{ "name": "p", "type": "module" }');
    writeFileSync(join(root, 'index.js'), 'await new Promise(() => {});');
    return { name: 'p', type: 'link', root };
  }) as [ListedPlugin, ListedPlugin];
  await changeList(dataDir, [listedPlugin]);
  return { dataDir, listed: listedPlugin, other };
}

async function messages(dataDir: string, plugin: ListedPlugin): Promise<string[]> {
  const hooks = { 'cooperbench:plugin': [{ target: './index.js' }] };
  const found: OclifPlugin = { ...plugin, version: '1.0.0', commandIDs: [], hooks, pjson: {} };
  const { leftOut } = await loadInstalledPlugins({
    dataDir,
    getPluginsList: () => [found],
    pjson: { oclif: {} },
  } as never);
  return leftOut.map(({ error }) => `${error.message} ${error.hint}`);
}

/** As `messages`, when the time limit of an import has passed. */
async function messagesInTime(dataDir: string, plugin: ListedPlugin): Promise<string[]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const output = messages(dataDir, plugin);
    await vi.advanceTimersByTimeAsync(1);
    await vi.waitUntil(() => vi.getTimerCount() > 0, { interval: 1 });
    await vi.advanceTimersByTimeAsync(20_000);
    vi.useRealTimers();
    return await output;
  } finally {
    vi.useRealTimers();
  }
}

test('a plugin whose import does not end is not imported again', async () => {
  const { dataDir, listed } = await hangingPlugin();
  expect(await messagesInTime(dataDir, listed)).toEqual([
    `Plugin p 1.0.0 could not be loaded: its import did not end within 20 seconds. Fix it in ${listed.root}, or remove it: cooperbench plugins uninstall p.`,
  ]);
  expect(await messages(dataDir, listed)).toEqual([
    `Plugin p 1.0.0 is not imported any more, because its import did not end. Fix it in ${listed.root} and link it again, or remove it: cooperbench plugins uninstall p.`,
  ]);
});

test('a version that is only tried out does not keep the listed one from being imported', async () => {
  const { dataDir, listed, other } = await hangingPlugin();
  expect(await messagesInTime(dataDir, other)).toHaveLength(1);
  expect(listListedPlugins(dataDir)).toEqual([listed]);
});

test('the list of another command that installs stays as it is', async () => {
  const { dataDir, listed } = await hangingPlugin();
  await using _lock = await lockPlugins(dataDir);
  expect(await messagesInTime(dataDir, listed)).toHaveLength(1);
  expect(listListedPlugins(dataDir)).toEqual([listed]);
});

test('a linked plugin that is not built says how to build it', async () => {
  const { dataDir, listed } = await hangingPlugin();
  rmSync(join(listed.root, 'index.js'));
  expect(await messages(dataDir, listed)).toEqual([
    `Plugin p 1.0.0 is not built: it has no ./index.js. Build it: npm install && npm run build, in ${listed.root}.`,
  ]);
});
