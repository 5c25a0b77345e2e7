import { join } from 'node:path';
import type { Kind } from './kinds.ts';
import type { Names } from './names.ts';

/** Development dependencies of a new package. A test keeps them equal to the versions of this workspace. */
export const toolVersions = {
  '@changesets/cli': '^3.0.3',
  '@types/node': '^24.19.2',
  typescript: '^7.0.2',
  vitest: '^5.1.1',
} as const;

/** For the manifest of a package with commands. */
export const oclifVersion = '^5.1.9';

/** The release of core that a new plugin is made for. `records`, `runs`, `testing` and `backend-kit` have its version. */
export interface Core {
  readonly version: string;
  /** The versions of packages that have another, by folder. */
  readonly others?: Readonly<Record<string, string>>;
  /** Path from the plugin to core's package in a clone, beside which the kits are. If it is absent, all come from npm. */
  readonly path?: string;
}

/** The runtime dependency of each kind besides core. */
const kits: Partial<Record<Kind, string>> = {
  agent: 'agent-kit',
  backend: 'backend-kit',
  command: 'records',
};

/** Builds the package.json of a new plugin. */
export function buildManifest(kind: Kind, names: Names, core: Core): object {
  const kit = kits[kind];
  const getRange = (folder: string): string => `^${core.others?.[folder] ?? core.version}`;
  const getSpec = (folder: string): string =>
    core.path ? `file:${join(core.path, '..', folder)}` : getRange(folder);
  const isCommand = kind === 'command';
  const dev = {
    ...(isCommand && { '@cooperbench/command': getSpec('command'), '@oclif/core': oclifVersion }),
    ...(kind === 'reporter' && { '@cooperbench/records': getSpec('records') }),
    '@cooperbench/core': getSpec('core'),
    '@cooperbench/runs': getSpec('runs'),
    '@cooperbench/testing': getSpec('testing'),
    // npm prefers it to the range under `dependencies`, which is for those who install the published plugin.
    ...(kit && core.path && { [`@cooperbench/${kit}`]: getSpec(kit) }),
    ...toolVersions,
  };
  const oclif = isCommand
    ? { commands: { strategy: 'pattern', target: './dist/commands' }, topicSeparator: ' ' }
    : { hooks: { 'cooperbench:plugin': './dist/index.js' } };
  // Every release up to the next major version: `apiVersion` decides whether a plugin fits.
  const peer = `>=${core.version} <${Number.parseInt(core.version, 10) + 1}`;
  return {
    name: names.package,
    version: '0.0.0',
    description: `The CooperBench ${kind.replace('-', ' ')} ${names.name}`,
    keywords: ['cooperbench', 'cooperbench-plugin', `cooperbench-${kind}`],
    license: 'MIT',
    type: 'module',
    engines: { node: '>=22.18' },
    repository: { type: 'git', url: `git+https://github.com/OWNER/${names.folder}.git` },
    files: ['dist', ...(isCommand ? ['oclif.manifest.json'] : [])],
    ...(!isCommand && {
      exports: {
        '.': { types: './dist/index.d.ts', default: './dist/index.js' },
        './package.json': './package.json',
      },
    }),
    oclif,
    publishConfig: { access: 'public' },
    scripts: {
      build: `tsc && tsc -p tsconfig.build.json${isCommand ? ' && node manifest.js' : ''}`,
      pretest: 'node check-node.js',
      test: 'vitest run --dir src',
      // npm also runs this when a plugin is installed from a git repository. While the sources do not compile, only npm install works.
      prepare: `npm run build || node -e "process.exit(process.env.npm_command === 'install' ? 0 : 1)"`,
      release: 'changeset publish',
    },
    ...(kit && { dependencies: { [`@cooperbench/${kit}`]: core.path ? peer : getRange(kit) } }),
    peerDependencies: { '@cooperbench/core': peer, ...(isCommand && { '@cooperbench/command': peer }) },
    // The command line resolves it to its own.
    ...(isCommand && { peerDependenciesMeta: { '@cooperbench/command': { optional: true } } }),
    devDependencies: Object.fromEntries(
      Object.entries(dev).sort(([left], [right]) => (left < right ? -1 : 1)),
    ),
  };
}
