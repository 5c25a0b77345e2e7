/**
 * Writes what oclif would otherwise import every command for: `node pack/manifest.js`, and `--remove` takes it away. It
 * is in the published package only, where the commands cannot change. `--to FOLDER` is for a copy of this package, and
 * `--root FOLDER` for another package with commands.
 */
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Plugin } from '@oclif/core/config';

const { values } = parseArgs({
  options: { remove: { type: 'boolean' }, to: { type: 'string' }, root: { type: 'string' } },
});
const root = resolve(values.root ?? join(import.meta.dirname, '..'));
const file = join(values.to ?? root, 'oclif.manifest.json');

if (values.remove) {
  rmSync(file, { force: true });
} else {
  const plugin = await loaded(root);
  const commands = {
    ...(await commandsOfOthers(plugin.pjson.oclif.jitPlugins)),
    ...plugin.manifest.commands,
  };
  // The defaults in help are the same on every machine, so help need not import the command to ask for them.
  for (const command of Object.values(commands)) delete command.hasDynamicHelp;
  // Whole or not at all: the workspace's own command may be started meanwhile.
  writeFileSync(`${file}.new`, JSON.stringify({ ...plugin.manifest, commands }));
  renameSync(`${file}.new`, file);
}

/** The commands of packages that are installed later, if at all. Help lists them. */
async function commandsOfOthers(names = {}) {
  const found = {};
  for (const path of globSync(join(import.meta.dirname, '../../*/package.json'))) {
    const { name } = JSON.parse(readFileSync(path, 'utf8'));
    if (!(name in names)) continue;
    const plugin = await loaded(dirname(path));
    for (const [id, command] of Object.entries(plugin.manifest.commands))
      found[id] = { ...command, pluginType: 'jit' };
  }
  return found;
}

async function loaded(root) {
  const plugin = new Plugin({
    root,
    type: 'core',
    isRoot: true,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    // No default may be made of the machine this runs on.
    respectNoCacheDefault: true,
  });
  await plugin.load();
  if (plugin.commandIDs.length === 0) throw new Error(`${root} has no command: build first.`);
  return plugin;
}
