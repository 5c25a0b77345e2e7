import { CooperBenchError } from '@cooperbench/core/errors';
import { BaseCommand } from '../../base/base-command.ts';
import { packageOf } from '../../plugins/package-of.ts';

export default class ConfigSchema extends BaseCommand {
  static override configured = false;
  static override summary = "Print the configuration file's JSON schema.";
  static override description =
    'With the options of every plugin that is installed or named by the configuration file. Editors complete and check a file by it: name its path as "$schema".';
  static override examples = ['<%= config.bin %> config schema > cooperbench.schema.json'];

  async run(): Promise<object> {
    await this.parse(ConfigSchema);
    const { createContainer, tokens } = await import('@cooperbench/core/host');
    const { installedPlugins } = await import('../../plugins/installed.ts');
    const { together } = await import('../../plugins/found.ts');
    const { schemaWithPlugins } = await import('../../config/plugin-schemas.ts');
    const container = await this.container().catch(async (error: unknown) => {
      if (!CooperBenchError.is(error)) throw error;
      // Who mends the file needs its schema.
      this.logToStderr(`Warning: without what the configuration file names: ${error.message}`);
      const { plugins, leftOut } = await together(await installedPlugins(this.config));
      return createContainer(plugins, { leftOut, packageOf });
    });
    const schema = schemaWithPlugins(container.get(tokens.registry));
    this.log(JSON.stringify(schema, null, 2));
    return schema;
  }
}
