import { BaseCommand, Flags } from '@cooperbench/command';

export default class ConfigSchema extends BaseCommand {
  static override configured = 'project' as const;
  static override summary = 'Print the JSON schema of configuration files.';
  static override description =
    'Includes the options of every installed plugin, and accepts any options of others. Editors use it to complete and check a file that names its path as "$schema".';
  static override examples = [
    '<%= config.bin %> config schema > cooperbench.schema.json',
    '<%= config.bin %> config schema --project > cooperbench.schema.json',
  ];
  static override flags = {
    project: Flags.boolean({
      summary: "Also the options of the project's own plugins, which runs their code.",
    }),
  };

  async run(): Promise<object> {
    await this.parse(ConfigSchema);
    const { buildSchemaWithPlugins } = await import('../../config/plugin-schemas.ts');
    const schema = buildSchemaWithPlugins(await this.registry());
    this.log(JSON.stringify(schema, null, 2));
    return schema;
  }
}
