import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { BaseCommand } from '@cooperbench/command';
import { findLocalCore, loadInstalledPlugins, mergePlugins } from '@cooperbench/command/plugins';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { type Kind, kindNames } from '../../scaffold/kinds.ts';

interface Created {
  readonly kind: Kind;
  readonly name: string;
  readonly package: string;
  /** Absolute path. */
  readonly directory: string;
  readonly files: readonly string[];
}

export default class PluginsCreate extends BaseCommand {
  static override configured = false;
  static override summary = 'Create a plugin: a package that builds and passes its tests.';
  static override description =
    'Writes sources, tests, README, license, changeset and CI files into a new or empty directory. In a clone of CooperBench, the plugin uses @cooperbench/core of that clone.';
  static override examples = [
    '<%= config.bin %> plugins create backend my-cloud',
    '<%= config.bin %> plugins create agent @acme/planner --directory planner',
  ];
  static override args = {
    kind: Args.string({ description: 'Kind of plugin.', options: kindNames, required: true }),
    name: Args.string({
      description:
        'Name that users type, with @scope/ for a scoped package; or the full name of the package.',
      required: true,
    }),
  };
  static override flags = {
    directory: Flags.string({
      helpValue: 'PATH',
      summary: 'Directory to create. By default the name of the package without its scope.',
    }),
  };

  async run(): Promise<Created> {
    const { args, flags } = await this.parse(PluginsCreate);
    const kind = args.kind as Kind;
    const { namesOf, refuseTaken } = await import('../../scaffold/names.ts');
    const names = namesOf(kind, args.name);
    const { coreVersion } = await import('@cooperbench/core/host');
    const { createContainer, tokens } = await import('@cooperbench/runs');
    const { plugins } = await mergePlugins(await loadInstalledPlugins(this.config));
    const commands = this.config.commands.map(({ id, pluginName = '' }) => ({
      name: id.split(':')[0] ?? id,
      plugin: pluginName,
    }));
    refuseTaken(kind, names, createContainer(plugins).get(tokens.registry), commands);
    const directory = resolve(flags.directory ?? names.folder);
    const corePath = findLocalCore();
    const require = createRequire(join(this.config.root, 'package.json'));
    const requireOfAgents = createRequire(require.resolve('@cooperbench/agent-cli/package.json'));
    const versions = {
      command: require('@cooperbench/command/package.json').version,
      'agent-kit': requireOfAgents('@cooperbench/agent-kit/package.json').version,
    };
    const path = corePath && relative(directory, corePath);
    const core = { version: coreVersion, others: versions, ...(path && { path }) };
    const { planFiles } = await import('../../scaffold/plan.ts');
    const files = await planFiles(kind, names, core);
    const { writeFolder } = await import('../../scaffold/write.ts');
    await writeFolder(directory, files);
    this.log(
      `Wrote the package ${names.package} with the ${kind.replace('-', ' ')} ${names.name} to ${directory}.`,
    );
    if (corePath) this.log(`It uses @cooperbench/core from ${corePath}.`);
    this.log('Next, in that directory: npm install && npm test && npm run build');
    this.log(`Then here: cooperbench plugins link ${relative('', directory)}`);
    return { kind, name: names.name, package: names.package, directory, files: [...files.keys()] };
  }
}
