import { createContainer, tokens } from '@cooperbench/runs';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../contracts/backend.ts';
import { ConfigError, CooperBenchError, PluginError, SandboxError } from '../contracts/errors.ts';
import type { Plugin } from '../contracts/plugin.ts';
import { definePlugin } from './define.ts';
import { objectSchema, option } from './options.ts';
import type { FindPackage, Registry } from './registry.ts';

const backend: Backend = { create: () => Promise.reject(new Error('not here')) };
const plugin = (overrides: Partial<Plugin>): Plugin => ({
  name: '@acme/cooperbench-slurm',
  apiVersion: 1,
  ...overrides,
});
const registryOf = (...plugins: Plugin[]): Registry => createContainer(plugins).get(tokens.registry);
const thrown = (work: () => unknown): { name: string; code: string; message: string; hint: string } => {
  try {
    work();
  } catch (error) {
    const { name, code, message, hint } = error as CooperBenchError & { hint: string };
    return { name, code, message, hint };
  }
  return expect.fail('nothing was thrown');
};

describe('what plugins provide', () => {
  test('is found by the names users type, with the plugin it comes from', () => {
    const mergePolicies = { theirs: { create: () => ({ strategy: 'theirs' }) } };
    const registry = registryOf(
      plugin({ version: '2.0.0', backends: { slurm: { create: () => backend } }, mergePolicies }),
    );
    expect(registry.get('backends', 'slurm').create()).toBe(backend);
    expect(registry.list('backends')).toEqual([{ name: 'slurm', plugin: '@acme/cooperbench-slurm' }]);
    expect(registry.list('mergePolicies').map(({ name }) => name)).toEqual(['theirs']);
    expect(registry.list('settings').map(({ name }) => name)).toEqual(['coop', 'solo']);
    expect(
      registry.versionsOf([
        ['backends', 'slurm'],
        ['agents', 'nobody'],
      ]),
    ).toEqual({ '@acme/cooperbench-slurm': '2.0.0' });
  });

  test('an unknown name is answered with the nearest one', () => {
    const registry = registryOf(plugin({ backends: { slurm: { create: () => backend } } }));
    expect(thrown(() => registry.get('backends', 'slrum'))).toEqual({
      name: 'ConfigError',
      code: 'UNKNOWN_BACKEND',
      message: 'There is no backend "slrum".',
      hint: 'Did you mean "slurm"?',
    });
    expect(thrown(() => registry.get('agents', 'zzz'))).toEqual({
      name: 'ConfigError',
      code: 'UNKNOWN_AGENT',
      message: 'There is no agent "zzz".',
      hint: 'Known: nop, oracle.',
    });
  });

  test('a name that is not installed is answered with the package that the program knows', () => {
    const packageProviding: FindPackage = (kind, name) =>
      kind === 'backends' && name === 'moon'
        ? { name: '@acme/moon', install: 'Get it from Acme.' }
        : undefined;
    const registry = createContainer([], { packageProviding }).get(tokens.registry);
    expect(thrown(() => registry.get('backends', 'moon'))).toEqual({
      name: 'ConfigError',
      code: 'UNKNOWN_BACKEND',
      message: 'The backend "moon" comes with @acme/moon, which is not installed.',
      hint: 'Get it from Acme.',
    });
    expect(thrown(() => registry.get('agents', 'moon')).message).toBe('There is no agent "moon".');
  });

  test('two plugins that provide one name are named', () => {
    const other = { name: 'other', apiVersion: 1 as const, backends: { slurm: { create: () => backend } } };
    expect(
      thrown(() => registryOf(plugin({ backends: { slurm: { create: () => backend } } }), other)),
    ).toEqual({
      name: 'PluginError',
      code: 'PLUGIN_CLASH',
      message: 'Plugins @acme/cooperbench-slurm and other both provide the backend "slurm".',
      hint: 'Uninstall one of them.',
    });
  });

  test('a plugin for another core is refused', () => {
    expect(thrown(() => registryOf(plugin({ apiVersion: 2 as 1 })))).toMatchObject({
      code: 'PLUGIN_API',
      message: 'Plugin @acme/cooperbench-slurm has apiVersion 2; this core takes 1.',
    });
  });

  test('definePlugin gives a function that returns the plugin, and nothing beside it', () => {
    const definition = plugin({});
    const defined = definePlugin(definition);
    expect(defined()).toBe(definition);
    expect(Object.keys(defined)).toEqual([]);
  });
});

describe('options of a definition', () => {
  interface Options {
    queue: string;
    nodes?: number;
  }
  const options = objectSchema<Options>(
    { queue: option.text('Where.'), nodes: option.integer(1, 'How many.') },
    { required: ['queue'] },
  );
  const definition = {
    options,
    create(given: Options) {
      expect(given).toEqual({ queue: 'long' });
      return backend;
    },
  };

  const registry = registryOf(plugin({ backends: { slurm: definition } }));

  test('that fit reach create', async () => {
    expect(await registry.make('backends', 'slurm', { queue: 'long' })).toBe(backend);
  });

  test('that do not fit are named, each with what was found and expected', () => {
    expect(thrown(() => registry.checkOptions('backends', 'slurm', { qeue: 'long', nodes: 0 }))).toEqual({
      name: 'ConfigError',
      code: 'CONFIG_OPTIONS',
      message: [
        'The options of the backend "slurm" are not valid:',
        '  the key "queue" is missing',
        '  unknown key "qeue"; did you mean "queue"?',
        '  nodes: found 0, expected 1 or more',
      ].join('\n'),
      hint: 'Correct the options in the configuration or on the command line.',
    });
  });

  test('cannot be checked against a schema that is none, which is the plugin’s fault', async () => {
    const broken = { options: { type: 'nonsense' } as never, create: () => backend };
    await expect(
      registryOf(plugin({ backends: { broken } })).make('backends', 'broken'),
    ).rejects.toMatchObject({
      code: 'PLUGIN_FAULT',
      message: expect.stringContaining(
        'The backend "broken" of plugin @acme/cooperbench-slurm could not be created: ',
      ),
    });
  });

  test('are checked before anything is created', async () => {
    await expect(registry.make('backends', 'slurm', {})).rejects.toThrow('the key "queue" is missing');
  });
});

describe('errors', () => {
  test('are known by class and across two copies of core', () => {
    const foreign = Object.assign(new Error('x'), {
      name: 'SandboxError',
      code: 'X',
      [Symbol.for('cooperbench.error')]: true,
    });
    expect(SandboxError.is(foreign)).toBe(true);
    expect(CooperBenchError.is(foreign)).toBe(true);
    expect(ConfigError.is(foreign)).toBe(false);
    expect(PluginError.is(new Error('x'))).toBe(false);
    expect(CooperBenchError.is(new ConfigError('A', 'b'))).toBe(true);
  });
});

describe('the container', () => {
  test('makes a service once, on first use, and lets a test replace it', () => {
    let count = 0;
    const container = createContainer().provide(tokens.clock, () => {
      count += 1;
      return { now: () => new Date(0) };
    });
    expect(count).toBe(0);
    expect(container.get(tokens.clock)).toBe(container.get(tokens.clock));
    expect(count).toBe(1);
  });
});
