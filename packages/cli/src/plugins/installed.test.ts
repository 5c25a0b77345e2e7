import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { installedPlugins } from './installed.ts';
import { changeList, listedPlugins } from './plugin-list.ts';

test('a plugin whose import does not end is not imported again until it is linked anew', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'cooperbench-hang-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  const root = join(dataDir, 'p');
  mkdirSync(root);
  writeFileSync(join(root, 'package.json'), '{ "name": "p", "type": "module" }');
  writeFileSync(join(root, 'index.js'), 'await new Promise(() => {});');
  const listed = { name: 'p', type: 'link', root } as const;
  await changeList(dataDir, [listed]);
  const hooks = { 'cooperbench:plugin': [{ target: './index.js' }] };
  const plugin = { ...listed, version: '1.0.0', commandIDs: [], hooks, pjson: {} };
  const messages = async (): Promise<string[]> => {
    const config = { dataDir, getPluginsList: () => [plugin] } as never;
    return (await installedPlugins(config)).leftOut.map(({ error }) => `${error.message} ${error.hint}`);
  };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const first = messages();
  await vi.advanceTimersByTimeAsync(1);
  await vi.waitUntil(() => vi.getTimerCount() > 0, { interval: 1 });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await first).toEqual([
    `Plugin p 1.0.0 could not be loaded: its import did not end within 20 seconds. Fix it in ${root}, or remove it: cooperbench plugins uninstall p.`,
  ]);
  vi.useRealTimers();
  expect(await messages()).toEqual([
    `Plugin p 1.0.0 is not imported any more, because its import did not end. Fix it in ${root} and link it again, or remove it: cooperbench plugins uninstall p.`,
  ]);
  await changeList(dataDir, [listed]);
  expect(listedPlugins(dataDir)).toEqual([listed]);
});
