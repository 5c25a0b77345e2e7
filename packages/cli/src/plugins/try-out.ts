import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ListedPlugin, loadInstalledPlugins, mergePlugins } from '@cooperbench/command/plugins';
import { PluginError } from '@cooperbench/core/errors';
import { Config, Plugin } from '@oclif/core/config';
import type { Config as OclifConfig } from '@oclif/core/interfaces';
import { findMissingBuild } from './installation.ts';
import { buildPluginRows, type PluginRow } from './rows.ts';

/** Loads the configuration of the command line as if the list contained these plugins. */
export async function loadConfigWith(
  config: OclifConfig,
  addedPlugins: readonly ListedPlugin[],
): Promise<OclifConfig> {
  const plugins = new Map(config.plugins);
  for (const { name, type, root } of addedPlugins) {
    const plugin = new Plugin({ name, type, root });
    await plugin.load();
    plugins.set(name, plugin);
  }
  return Config.load({ root: config.root, plugins });
}

/** Builds the rows of these plugins, as in `cooperbench plugins`. Imports every plugin. */
export async function buildRows(names: readonly string[], config: OclifConfig): Promise<PluginRow[]> {
  const rows = buildPluginRows(config, await mergePlugins(await loadInstalledPlugins(config)));
  return rows.filter(({ name }) => names.includes(name));
}

/** A plugin that npm has installed, and that is not in use yet. */
export interface Candidate {
  readonly row: PluginRow;
  readonly withScripts: readonly string[];
  /** npm ran the scripts of packages. */
  readonly allowScripts: boolean;
}

/** Finds the error of a plugin that was just installed and cannot be used. Returns undefined if it can be used. */
export function findFault(candidate: Candidate): PluginError | undefined {
  const { name, version, problem, warning, commands, ...provided } = candidate.row;
  const missing = findMissingBuild(candidate.row.root ?? '');
  if (missing !== undefined)
    return new PluginError('PLUGIN_LOAD', `Plugin ${name} ${version} is not built: it has no ${missing}.`, {
      hint: `${describeBuild(candidate)} The plugins that were installed before stay as they were.`,
    });
  const unchanged = `${describeScripts(candidate)} The plugins that were installed before stay as they were.`;
  if (problem) {
    const { code, message } = problem;
    const hint = [unchanged, 'Install another version of it.', formatSkippedScripts(candidate)]
      .join(' ')
      .trim();
    return new PluginError(code, message, { hint });
  }
  const providesNothing = Object.values(provided).every(
    (value) => !Array.isArray(value) || value.length === 0,
  );
  if (!providesNothing || commands.length > 0) return undefined;
  return new PluginError(
    'PLUGIN_SHAPE',
    `${name} ${version} is not a plugin of CooperBench: it provides nothing.`,
    {
      hint: `${unchanged} The package.json of a plugin names its file as the oclif hook "cooperbench:plugin". Check the name of the package.`,
    },
  );
}

/** Returns the hint for a package without the files of its build. npm builds a git repository or a directory by its script prepare. */
function describeBuild({ row: { name }, withScripts, allowScripts }: Candidate): string {
  if (!withScripts.includes(name))
    return 'Its author published it without them. Install another version of it.';
  return allowScripts
    ? 'npm ran its script prepare, which did not make it: its sources may not compile. Run npm install && npm run build in a clone of it to see why, or install a published version.'
    : 'npm did not run its script prepare, which may build it. If you trust it, add --allow-scripts; or install a published version.';
}

/** Says which code of a plugin ran. oclif imports commands that no manifest describes. */
function describeScripts({ row: { root, commands }, withScripts, allowScripts }: Candidate): string {
  const isImported = hasHook(root);
  const importsCommands = commands.length > 0 && !existsSync(join(root ?? '', 'oclif.manifest.json'));
  const code = isImported || importsCommands ? 'Its code ran, to try it out.' : 'Its code did not run.';
  if (!allowScripts) return `${code} No install script ran.`;
  return withScripts.length > 0 ? `${code} The install scripts of ${withScripts.join(', ')} ran.` : code;
}

function hasHook(root: string | null): boolean {
  try {
    const { oclif } = JSON.parse(readFileSync(join(root ?? '', 'package.json'), 'utf8'));
    return oclif?.hooks?.['cooperbench:plugin'] !== undefined;
  } catch {
    return false;
  }
}

/** Names the packages whose install scripts did not run. Returns an empty value if there are none. */
export function formatSkippedScripts({ withScripts, allowScripts }: Omit<Candidate, 'row'>): string {
  if (allowScripts || withScripts.length === 0) return '';
  return `npm did not run the install scripts of ${withScripts.join(', ')}. If it needs them and you trust them, add --allow-scripts.`;
}
