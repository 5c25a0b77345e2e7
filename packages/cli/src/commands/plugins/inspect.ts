import { BaseCommand } from '@cooperbench/command';
import { listedPlugins } from '@cooperbench/command/plugins';
import { PluginError } from '@cooperbench/core/errors';
import * as Args from '@oclif/core/args';
import { linesOfPlugin } from '../../plugins/lines.ts';
import { type PluginRow, pluginRows } from '../../plugins/rows.ts';

/** What is known about one plugin. */
interface Inspected extends PluginRow {
  /** What `plugins update` installs again. Null: nothing. */
  readonly spec: string | null;
  /** The options of what it provides, as JSON schemas, by the name under which you set them: `backendOptions.slurm`. */
  readonly options: Readonly<Record<string, object>>;
}

export default class PluginsInspect extends BaseCommand {
  static override configured = false;
  static override summary = 'Show where a plugin is, what it provides and which options that has.';
  static override examples = ['<%= config.bin %> plugins inspect @cooperbench/backend-docker'];
  static override args = { plugin: Args.string({ description: 'Name of the package.', required: true }) };

  async run(): Promise<Inspected> {
    const { args } = await this.parse(PluginsInspect);
    const found = await this.plugins();
    const row = pluginRows(this.config, found).find(({ name }) => name === args.plugin);
    if (!row)
      throw new PluginError('PLUGIN_COMMAND', `${args.plugin} is not installed.`, {
        hint: 'cooperbench plugins lists what is installed.',
      });
    const plugin = found.plugins.find(({ name }) => name === row.name);
    const listed = listedPlugins(this.config.dataDir).find(({ name }) => name === row.name);
    const options = optionSchemas(plugin ?? {});
    for (const line of linesOfPlugin(row)) this.log(line);
    if (row.root !== null) this.log(`  in ${row.root}`);
    if (listed?.spec !== undefined) this.log(`  installed as ${listed.spec}`);
    for (const [name, schema] of Object.entries(options)) this.log(`  ${name}: ${keysOf(schema)}`);
    return { ...row, spec: listed?.spec ?? null, options };
  }
}

function optionSchemas(plugin: object): Record<string, object> {
  const kinds = Object.entries(optionKeys).flatMap(([kind, key]) =>
    Object.entries((plugin as Record<string, Record<string, { options?: object }>>)[kind] ?? {}).map(
      ([name, { options }]) => [`${key}.${name}`, options] as const,
    ),
  );
  return Object.fromEntries(kinds.flatMap(([name, schema]) => (schema ? [[name, schema]] : [])));
}

const optionKeys = {
  agents: 'agentOptions',
  backends: 'backendOptions',
  settings: 'settingOptions',
  channels: 'channelOptions',
  buses: 'busOptions',
  evaluators: 'evaluatorOptions',
  reporters: 'reporterOptions',
};

function keysOf(schema: { readonly properties?: object }): string {
  return Object.keys(schema.properties ?? {}).join(', ') || 'none';
}
