import type { Kind } from './kinds.ts';
import type { Names } from './names.ts';

/** What a new package is built and tested with. A test compares them with this workspace's own. */
export const toolVersions = {
  '@changesets/cli': '^3.0.3',
  '@types/node': '^24.19.2',
  typebox: '^1.4.3',
  typescript: '^7.0.2',
  vitest: '^5.1.1',
} as const;

/** The package.json of a new plugin, made for this version of core. */
export function manifest(kind: Kind, names: Names, coreVersion: string): object {
  const { typebox, ...tools } = toolVersions;
  const core = { '@cooperbench/core': `^${coreVersion}` };
  return {
    name: names.package,
    version: '0.0.0',
    description: `The CooperBench ${kind} ${names.name}`,
    keywords: ['cooperbench', 'cooperbench-plugin', `cooperbench-${kind}`],
    license: 'MIT',
    type: 'module',
    engines: { node: '>=22.18' },
    repository: { type: 'git', url: `git+https://github.com/OWNER/${names.folder}.git` },
    files: ['dist'],
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    oclif: { hooks: { 'cooperbench:plugin': './dist/index.js' } },
    publishConfig: { access: 'public' },
    scripts: {
      build: 'tsc && tsc -p tsconfig.build.json',
      test: 'vitest run --dir src',
      // Also when it is installed from a git repository.
      prepare: 'npm run build',
      release: 'changeset publish',
    },
    dependencies: { typebox },
    peerDependencies: core,
    devDependencies: Object.fromEntries(
      Object.entries({ ...core, ...tools }).sort(([one], [other]) => (one < other ? -1 : 1)),
    ),
  };
}
