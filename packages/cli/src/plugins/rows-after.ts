import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { PluginError } from '@cooperbench/core/errors';
import { Config } from '@oclif/core/config';
import { together } from './found.ts';
import { installedPlugins } from './installed.ts';
import { type PluginRow, pluginRows } from './rows.ts';

/** What tells completion that there are other commands. */
type Event = 'plugins:postinstall' | 'plugins:postuninstall';

/**
 * What bears these names after plugins were changed, as the next command finds it. A thread finds it out: oclif and Node
 * go on with what they once read of a package.
 * @throws PluginError `PLUGIN_LOAD` when a plugin ends the process.
 */
export async function rowsAfter(
  event: Event,
  names: readonly string[],
  { root }: Pick<Config, 'root'>,
): Promise<PluginRow[]> {
  const thread = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then(({ rowsNow }) => rowsNow(workerData)).then((rows) => parentPort.postMessage(rows));`,
    { eval: true, workerData: { module: import.meta.url, event, root }, execArgv: ['--no-warnings'] },
  );
  try {
    const [rows] = await Promise.race([once(thread, 'message'), once(thread, 'exit')]);
    if (Array.isArray(rows)) return (rows as PluginRow[]).filter(({ name }) => names.includes(name));
    throw new PluginError('PLUGIN_LOAD', `${names.join(', ')}: an import ends the process.`, {
      hint: `No command that needs plugins works with it. Remove it: cooperbench plugins uninstall ${names.join(' ')}.`,
    });
  } finally {
    await thread.terminate();
  }
}

/** @public For the thread. */
export async function rowsNow({ event, root }: { event: Event; root: string }): Promise<PluginRow[]> {
  const config = await Config.load(root);
  await config.runHook(event, {});
  return pluginRows(config, await together(await installedPlugins(config)));
}
