import { resolve } from 'node:path';
import { BaseCommand } from '@cooperbench/command';
import { listListedPlugins } from '@cooperbench/command/plugins';
import { PluginError } from '@cooperbench/core/errors';
import * as Args from '@oclif/core/args';
import { listLinesOfPlugin } from '../../plugins/lines.ts';
import { buildPluginRows, type PluginRow } from '../../plugins/rows.ts';

/** The description of one plugin. */
interface InspectedPlugin extends PluginRow {
  /** What `plugins update` installs again. It is null if `update` installs nothing. */
  readonly spec: string | null;
  /** The options of what it provides, as JSON schemas, by the name under which you set them: `backendOptions.slurm`. */
  readonly options: Readonly<Record<string, object>>;
}

export default class PluginsInspect extends BaseCommand {
  static override codePolicy = 'if-trusted' as const;
  static override summary = 'Show where a plugin is, what it provides and which options that has.';
  static override examples = [
    '<%= config.bin %> plugins inspect @cooperbench/backend-docker',
    '<%= config.bin %> plugins inspect ./agents/polite.ts --trust',
  ];
  static override args = {
    plugin: Args.string({ description: 'Name, or path of its directory or file.', required: true }),
  };

  async run(): Promise<InspectedPlugin> {
    const { args } = await this.parse(PluginsInspect);
    const foundPlugins = await this.plugins();
    const row = buildPluginRows(this.config, foundPlugins).find(
      ({ name, root }) => name === args.plugin || root === resolve(args.plugin),
    );
    if (!row)
      throw new PluginError('PLUGIN_COMMAND', `There is no plugin ${args.plugin}.`, {
        hint: 'cooperbench plugins lists them. It loads those of a project in a folder that you trust: --trust does so once.',
      });
    const plugin = foundPlugins.plugins.find(({ name }) => name === row.name);
    const listedPlugin = listListedPlugins(this.config.dataDir).find(({ name }) => name === row.name);
    const options = buildOptionSchemas(plugin ?? {});
    for (const line of listLinesOfPlugin(row)) this.log(line);
    if (row.root !== null) this.log(`  in ${row.root}`);
    if (listedPlugin?.spec !== undefined) this.log(`  installed as ${listedPlugin.spec}`);
    for (const [name, schema] of Object.entries(options)) this.log(`  ${name}: ${getKeys(schema)}`);
    return { ...row, spec: listedPlugin?.spec ?? null, options };
  }
}

function buildOptionSchemas(plugin: object): Record<string, object> {
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

function getKeys(schema: { readonly properties?: object }): string {
  return Object.keys(schema.properties ?? {}).join(', ') || 'none';
}
