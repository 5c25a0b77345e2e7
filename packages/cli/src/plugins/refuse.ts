import { PluginError } from '@cooperbench/core/errors';
import { refuseOtherCore } from './load.ts';
import type { PackageManifest } from './wanted.ts';

/**
 * What would be left out as soon as it is installed is not installed.
 * @throws PluginError `PLUGIN_SHAPE` for what is no plugin, `PLUGIN_PEER` for one made for another core.
 */
export async function refuseUnfit(manifest: PackageManifest): Promise<void> {
  const { name, version, peerDependencies } = manifest;
  const lack = whatLacks(manifest);
  if (lack !== undefined)
    throw new PluginError('PLUGIN_SHAPE', `${name} ${version} is no plugin of CooperBench: ${lack}.`, {
      hint: 'The package.json of a plugin names its file as the oclif hook "cooperbench:plugin". Check the name of the package.',
    });
  const remedy = 'Install a version of it made for this one, or update CooperBench.';
  const coreRange = peerDependencies?.['@cooperbench/core'];
  await refuseOtherCore({ coreRange, remedy }, `Plugin ${name} ${version}`);
}

/** What keeps a package from being a plugin, as the end of a sentence. One may bring commands only, or other plugins. */
function whatLacks({ name, oclif }: PackageManifest): string | undefined {
  if (name === 'cooperbench') return 'it is CooperBench';
  if (oclif === undefined) return 'its package.json has no key "oclif"';
  if (oclif.hooks?.['cooperbench:plugin'] || oclif.commands || oclif.plugins?.length) return undefined;
  return 'the key "oclif" of its package.json has neither the hook "cooperbench:plugin" nor "commands"';
}
