import { definePlugin, type Plugin } from '@cooperbench/core';
import { PluginError } from '@cooperbench/core/errors';
import { coreVersion } from '@cooperbench/core/host';
import { describe, expect, test, vi } from 'vitest';
import { loadPlugin, type PluginSource } from './load.ts';

const name = '@acme/cooperbench-backend-slurm';
const plugin = { name, apiVersion: 1, backends: { slurm: { create: () => ({}) as never } } } as const;
const from = (exported: unknown, overrides: Partial<PluginSource> = {}): PluginSource => ({
  name,
  version: '1.2.0',
  load: async () => ({ default: exported }),
  remedy: 'Do this.',
  ...overrides,
});
const refusal = async (work: Promise<unknown>): Promise<object> => {
  const error = await work.then(
    () => expect.fail('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (!PluginError.is(error)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
};

describe('a plugin', () => {
  test('is what definePlugin returns, with the version of its package', async () => {
    expect(await loadPlugin(from(definePlugin(plugin)))).toEqual({ plugin: { ...plugin, version: '1.2.0' } });
  });

  test('may say what its channel does', async () => {
    const create = (): never => expect.fail('not made');
    const channels = { c: { create, usesBus: true, carriesMessages: true, sharesCommits: true } };
    expect(await loadPlugin(from(definePlugin({ name, apiVersion: 1, channels })))).toMatchObject({
      plugin: { name },
    });
  });

  test('keeps the version it states', async () => {
    expect(await loadPlugin(from(definePlugin({ ...plugin, version: '3.0.0' })))).toMatchObject({
      plugin: { version: '3.0.0' },
    });
  });

  test('may be compiled to CommonJS', async () => {
    expect(await loadPlugin(from({ default: definePlugin(plugin) }))).toMatchObject({ plugin: { name } });
  });

  test.for([`^${coreVersion}`, '<1', '*', 'workspace:^', undefined])(
    'made for core %s is used',
    async (coreRange) => {
      expect(await loadPlugin(from(definePlugin(plugin), { coreRange }))).toEqual({
        plugin: { ...plugin, version: '1.2.0' },
      });
    },
  );

  test('made for another core is used with a warning, because apiVersion decides', async () => {
    expect(await loadPlugin(from(definePlugin(plugin), { coreRange: '^97.1.0' }))).toEqual({
      plugin: { ...plugin, version: '1.2.0' },
      warning: `Plugin ${name} 1.2.0 was made for @cooperbench/core ^97.1.0; this is ${coreVersion}.`,
    });
  });
});

describe('refused, with its name, the reason and the remedy, is', () => {
  const because = `It was made for @cooperbench/core ^97.1.0; this is ${coreVersion}.`;

  test('one with another version of the contracts, whatever else is wrong with it', async () => {
    const next = (): object => ({ ...plugin, apiVersion: 2, workflows: {} });
    expect(await refusal(loadPlugin(from(next, { coreRange: '^97.1.0' })))).toEqual({
      code: 'PLUGIN_API',
      message: `Plugin ${name} 1.2.0 has apiVersion 2; this core takes 1. ${because}`,
      hint: 'Do this.',
    });
  });

  test.for<readonly [Partial<PluginSource>, string]>([
    [{ load: () => Promise.reject(new Error('no export "defineTeam".')) }, 'no export "defineTeam".'],
    [{ load: async () => ({ default: () => ({ ...plugin, teams: {} }) }) }, '"teams" is not a key'],
  ])('one that another core would take: the message says which (%#)', async ([overrides, fault]) => {
    const { message } = (await refusal(
      loadPlugin(from(undefined, { coreRange: '^97.1.0', ...overrides })),
    )) as Error;
    expect(message).toContain(fault);
    expect(message).toContain(` ${because}`);
  });

  test.for([
    ['that throws when it is imported', { load: () => Promise.reject(new Error('no SDK')) }],
    ['whose hook throws', { load: async () => ({ default: () => Promise.reject(new Error('no SDK')) }) }],
  ] as const)('one %s', async ([, more]) => {
    expect(await refusal(loadPlugin(from(undefined, more)))).toEqual({
      code: 'PLUGIN_LOAD',
      message: `Plugin ${name} 1.2.0 could not be loaded: no SDK`,
      hint: 'Do this.',
    });
  });

  test('one that imports what is not installed: a file is told to install it, a package brings it itself', async () => {
    const missing = Object.assign(
      new Error("Cannot find package '@cooperbench/core' imported from /study/agents/mine.ts"),
      { code: 'ERR_MODULE_NOT_FOUND' },
    );
    const load = () => Promise.reject(missing);
    expect(
      await refusal(loadPlugin(from(undefined, { load, anyName: true, title: 'c.yaml:1:1: ./x.ts' }))),
    ).toEqual({
      code: 'PLUGIN_LOAD',
      message: `c.yaml:1:1: ./x.ts could not be loaded: ${missing.message}`,
      hint: 'Install it: npm install --save-dev @cooperbench/core',
    });
    expect(await refusal(loadPlugin(from(undefined, { load })))).toMatchObject({ hint: 'Do this.' });
  });

  test('one whose import never ends', async () => {
    vi.useFakeTimers();
    try {
      const refused = refusal(loadPlugin(from(undefined, { load: () => new Promise(() => {}) })));
      await vi.advanceTimersByTimeAsync(20_000);
      expect(await refused).toEqual({
        code: 'PLUGIN_HANG',
        message: `Plugin ${name} 1.2.0 could not be loaded: its import did not end within 20 seconds.`,
        hint: 'Do this.',
      });
    } finally {
      vi.useRealTimers();
    }
  });

  const giving =
    (extra: object): (() => Plugin) =>
    () =>
      ({ ...plugin, ...extra }) as Plugin;

  test.for<readonly [exported: unknown, fault: string]>([
    [undefined, 'its default export is missing'],
    [plugin, 'its default export is an object'],
    [[], 'its default export is a list'],
    ['slurm', 'its default export is "slurm"'],
    [() => undefined, 'it returns nothing'],
    [() => null, 'it returns null'],
    [giving({ name: 'slurm' }), `"name" is "slurm", and must be the package's, "${name}"`],
    [giving({ name: undefined }), `"name" is missing, and must be the package's, "${name}"`],
    [giving({ apiVersion: undefined }), '"apiVersion" is missing, and must be a number'],
    [giving({ apiVersion: '1' }), '"apiVersion" is "1", and must be a number'],
    [giving({ backends: [] }), '"backends" is a list, and must be an object'],
    [giving({ backends: { slurm: () => ({}) } }), '"backends.slurm" has no function "create"'],
    [giving({ agnets: {} }), '"agnets" is not a key of a plugin; the nearest is "agents"'],
    [
      giving({ zzzzzzz: {} }),
      '"zzzzzzz" is not a key of a plugin; the keys are name, version, apiVersion, agents, backends, settings, channels, buses, evaluators, mergePolicies, reporters, networks',
    ],
    [giving({ agents: { foo: {} } }), '"agents.foo" has no function "create"'],
    [giving({ agents: { foo: { creat: () => ({}) } as never } }), '"agents.foo" has no function "create"'],
    [
      giving({
        agents: { foo: { create: () => ({}) as never, untrsted: () => false } as never },
      }),
      '"agents.foo.untrsted" is not a key of a definition; the nearest is "untrusted"',
    ],
    [
      giving({ agnets: {}, backends: { slurm: {}, ssh: { create: () => ({}), keys: [] } } }),
      '"agnets" is not a key of a plugin; the nearest is "agents". "backends.slurm" has no function "create". "backends.ssh.keys" is not a key of a definition; the keys are options, create',
    ],
    [
      giving({ backends: { slurm: { create: () => ({}), keys: [] } } }),
      '"backends.slurm.keys" is not a key of a definition; the keys are options, create',
    ],
  ])('one of another shape: %#', async ([exported, fault]) => {
    expect(await refusal(loadPlugin(from(exported)))).toEqual({
      code: 'PLUGIN_SHAPE',
      message: `Plugin ${name} 1.2.0 does not export the result of definePlugin: ${fault}.`,
      hint: 'Its author can fix that: the file that its package.json names as the hook "cooperbench:plugin" must default-export definePlugin({ … }). Do this.',
    });
  });
});
