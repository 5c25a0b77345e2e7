import { CooperBenchError } from '@cooperbench/core/errors';
import { BaseCommand } from '../../base/base-command.ts';
import { knownNames } from '../../plugins/package-of.ts';

export default class ConfigSchema extends BaseCommand {
  static override configured = false;
  static override summary = 'Print the JSON schema of configuration files.';
  static override description =
    'Includes the options of every plugin that is installed or named in the configuration. Editors use it to complete and check a file that names its path as "$schema".';
  static override examples = ['<%= config.bin %> config schema > cooperbench.schema.json'];

  async run(): Promise<object> {
    await this.parse(ConfigSchema);
    const { createContainer, tokens } = await import('@cooperbench/core/host');
    const { installedPlugins } = await import('../../plugins/installed.ts');
    const { together } = await import('../../plugins/found.ts');
    const { schemaWithPlugins } = await import('../../config/plugin-schemas.ts');
    const container = await this.container().catch(async (error: unknown) => {
      if (!CooperBenchError.is(error)) throw error;
      // The schema helps to correct the file.
      this.logToStderr(
        `Warning: The plugins that the configuration names are missing here. ${error.message}`,
      );
      const { plugins, leftOut } = await together(await installedPlugins(this.config));
      return createContainer(plugins, { leftOut, ...knownNames });
    });
    const schema = schemaWithPlugins(container.get(tokens.registry));
    this.log(JSON.stringify(schema, null, 2));
    return schema;
  }
}
