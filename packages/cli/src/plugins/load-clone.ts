import { clonePackages } from '@cooperbench/command/clone';
import { type Config, Plugin } from '@oclif/core/config';

/** Loads the oclif hook `init`. In a clone, adds the packages that `cooperbench` does not depend on, like bundled plugins. */
export default async function loadClone({ config }: { readonly config: Config }): Promise<void> {
  const addedPackages = clonePackages().filter(({ name }) => !config.plugins.has(name));
  if (addedPackages.length === 0) return;
  for (const { name, root } of addedPackages) {
    const plugin = new Plugin({ name, root, type: 'core' });
    await plugin.load();
    config.plugins.set(name, plugin);
  }
  // Registers their commands.
  await config.loadPluginsAndCommands({ force: true });
}
