import { Type } from 'typebox';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { createContainer, tokens } from '../container.ts';
import type { Backend } from '../contracts/backend.ts';
import { ConfigError, CooperBenchError, PluginError, SandboxError } from '../contracts/errors.ts';
import type { Plugin } from '../contracts/plugin.ts';
import { defineBackend, definePlugin } from './define.ts';
import type { Registry } from './registry.ts';

const backend: Backend = { create: () => Promise.reject(new Error('not here')) };
const plugin = (more: Partial<Plugin>): Plugin => ({
  name: '@acme/cooperbench-slurm',
  apiVersion: 1,
  ...more,
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

describe('what plugins bring', () => {
  test('is found by the names users type, with the plugin it comes from', () => {
    const registry = registryOf(plugin({ version: '2.0.0', backends: { slurm: { create: () => backend } } }));
    expect(registry.get('backends', 'slurm').create()).toBe(backend);
    expect(registry.list('backends')).toEqual([{ name: 'slurm', plugin: '@acme/cooperbench-slurm' }]);
    expect(registry.list('mergePolicies').map(({ name }) => name)).toEqual(['lead', 'strict', 'union']);
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
    expect(thrown(() => registry.get('mergePolicies', 'zzz'))).toEqual({
      name: 'ConfigError',
      code: 'UNKNOWN_MERGE_POLICY',
      message: 'There is no merge policy "zzz".',
      hint: 'Known: lead, strict, union.',
    });
  });

  test('a known name that is not installed is answered with its package', () => {
    expect(thrown(() => registryOf().get('backends', 'modal'))).toEqual({
      name: 'ConfigError',
      code: 'UNKNOWN_BACKEND',
      message: 'The backend "modal" comes with @cooperbench/backend-modal, which is not installed.',
      hint: 'Install it: cooperbench plugins install @cooperbench/backend-modal, or run with --backend local or --backend docker.',
    });
    expect(thrown(() => registryOf().get('agents', 'openhands')).message).toBe(
      'The agent "openhands" comes with @cooperbench/agent-openhands-bridge, which is not installed.',
    );
  });

  test('two plugins that bring one name are named', () => {
    const other = { name: 'other', apiVersion: 1 as const, backends: { slurm: { create: () => backend } } };
    expect(
      thrown(() => registryOf(plugin({ backends: { slurm: { create: () => backend } } }), other)),
    ).toEqual({
      name: 'PluginError',
      code: 'PLUGIN_CLASH',
      message: 'Plugins @acme/cooperbench-slurm and other both bring the backend "slurm".',
      hint: 'Uninstall one of them.',
    });
  });

  test('a plugin for another core is refused', () => {
    expect(thrown(() => registryOf(plugin({ apiVersion: 2 as 1 })))).toMatchObject({
      code: 'PLUGIN_API',
      message: 'Plugin @acme/cooperbench-slurm speaks API version 2; this core speaks 1.',
    });
  });

  test('definePlugin gives a function oclif can call and an object a config file can hold', () => {
    const defined = definePlugin(plugin({}));
    expect(defined()).toBe(defined.plugin);
  });
});

describe('options of a definition', () => {
  const options = Type.Object(
    { queue: Type.String(), nodes: Type.Optional(Type.Integer({ minimum: 1 })) },
    { additionalProperties: false },
  );
  const definition = defineBackend({
    options,
    create(given) {
      expectTypeOf(given).toEqualTypeOf<{ queue: string; nodes?: number }>();
      return backend;
    },
  });

  test('that fit reach create', () => {
    expect(definition.create({ queue: 'long' })).toBe(backend);
  });

  test('that do not fit are named, each with what was found and expected', () => {
    expect(thrown(() => definition.create({ qeue: 'long', nodes: 0 }))).toEqual({
      name: 'ConfigError',
      code: 'CONFIG_OPTIONS',
      message: [
        'The options of the backend do not fit:',
        '  (top level): the key "queue" is missing',
        '  (top level): unknown key "qeue"; did you mean "queue"?',
        '  nodes: found 0, expected 1 or more',
      ].join('\n'),
      hint: 'Correct the options in the configuration or on the command line.',
    });
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
    let made = 0;
    const container = createContainer().provide(tokens.clock, () => {
      made += 1;
      return { now: () => new Date(0) };
    });
    expect(made).toBe(0);
    expect(container.get(tokens.clock)).toBe(container.get(tokens.clock));
    expect(made).toBe(1);
  });
});
