import { createContainer, tokens } from '@cooperbench/runs';
import { describe, expect, test } from 'vitest';
import { builtins } from '../builtins/index.ts';
import type { Backend } from '../contracts/backend.ts';
import { CooperBenchError, PluginError } from '../contracts/errors.ts';
import type { Plugin } from '../contracts/plugin.ts';
import type { LeftOutPlugin } from './registry.ts';
import { resolveNameConflicts } from './resolve-name-conflicts.ts';

const create = (): Backend => ({ create: () => Promise.reject(new Error('not here')) });
const plugin = (name: string, ...backends: string[]): Plugin => ({
  name,
  apiVersion: 1,
  backends: Object.fromEntries(backends.map((backend) => [backend, { create }])),
});
const output = ({ plugins, leftOut }: ReturnType<typeof resolveNameConflicts>): object => ({
  plugins: plugins.map(({ name }) => name),
  leftOut: leftOut.map(({ name, error: { code, message, hint } }) => ({ name, code, message, hint })),
});
const bothProvide = (names: string, backend: string): object => ({
  code: 'PLUGIN_CLASH',
  message: `Plugins ${names} both provide the backend "${backend}".`,
  hint: 'Uninstall one of them.',
});

describe('which plugins can be used together', () => {
  test('all that claim different names', () => {
    expect(output(resolveNameConflicts(builtins, [[plugin('a', 'x'), plugin('b', 'y')]]))).toEqual({
      plugins: ['a', 'b'],
      leftOut: [],
    });
  });

  test('of strangers that claim one name none, in whatever order', () => {
    const strangers = [plugin('a', 'x'), plugin('b', 'y', 'x'), plugin('c', 'z')];
    expect(output(resolveNameConflicts(builtins, [strangers]))).toEqual({
      plugins: ['c'],
      leftOut: [
        { name: 'a', ...bothProvide('a and b', 'x') },
        { name: 'b', ...bothProvide('a and b', 'x') },
      ],
    });
    expect(output(resolveNameConflicts(builtins, [strangers.toReversed()]))).toMatchObject({
      plugins: ['c'],
    });
  });

  test('the product keeps its names, and core its own', () => {
    const oracle: Plugin = { name: 'b', apiVersion: 1, agents: { oracle: { create: create as never } } };
    expect(
      output(resolveNameConflicts(builtins, [[plugin('ours', 'docker')], [plugin('a', 'docker'), oracle]])),
    ).toEqual({
      plugins: ['ours'],
      leftOut: [
        { name: 'a', ...bothProvide('ours and a', 'docker') },
        {
          name: 'b',
          code: 'PLUGIN_CLASH',
          message: 'Plugins @cooperbench/core and b both provide the agent "oracle".',
          hint: 'Uninstall one of them.',
        },
      ],
    });
  });

  test('who is left out takes no name from another', () => {
    expect(
      output(
        resolveNameConflicts(builtins, [
          [plugin('ours', 'docker')],
          [plugin('a', 'docker', 'x'), plugin('b', 'x')],
        ]),
      ),
    ).toMatchObject({ plugins: ['ours', 'b'] });
  });

  test('of three ranks the earlier keeps the name, and the plugin that is left out comes with a remedy', () => {
    const ranks = [[plugin('ours', 'docker')], [plugin('mine', 'x')], [plugin('a', 'x'), plugin('b', 'y')]];
    const remedy = (left: Plugin, right: Plugin): string => `${left.name} gives way to ${right.name}.`;
    expect(output(resolveNameConflicts(builtins, ranks, remedy))).toEqual({
      plugins: ['ours', 'mine', 'b'],
      leftOut: [{ name: 'a', ...bothProvide('mine and a', 'x'), hint: 'a gives way to mine.' }],
    });
  });

  test('plugins for another core are left out', () => {
    expect(output(resolveNameConflicts(builtins, [[{ ...plugin('a'), apiVersion: 2 as 1 }]]))).toEqual({
      plugins: [],
      leftOut: [
        {
          name: 'a',
          code: 'PLUGIN_API',
          message: 'Plugin a has apiVersion 2; this core takes 1.',
          hint: 'Install a version of a that was made for this core.',
        },
      ],
    });
  });
});

describe('an error about an unknown name mentions the plugins that are left out', () => {
  const ask = (name: string, leftOut: LeftOutPlugin): object => {
    try {
      createContainer([], {
        leftOut: [leftOut],
        packageProviding: (_, expected) =>
          expected === 'modal' ? { name: '@cooperbench/backend-modal', install: '' } : undefined,
      })
        .get(tokens.registry)
        .get('backends', name);
    } catch (error) {
      if (!CooperBenchError.is(error)) throw error;
      return { code: error.code, message: error.message, hint: error.hint };
    }
    return expect.fail('nothing was thrown');
  };
  const error = new PluginError('PLUGIN_LOAD', 'Plugin it could not be loaded: boom', { hint: 'Fix it.' });

  test('whichever they are', () => {
    expect(ask('slurm', { name: 'it', error })).toEqual({
      code: 'UNKNOWN_BACKEND',
      message: 'There is no backend "slurm".',
      hint: 'There are none.\nit, which is left out, may provide it: Plugin it could not be loaded: boom\nFix it.',
    });
  });

  test('and of the one that is known to provide it', () => {
    expect(ask('modal', { name: '@cooperbench/backend-modal', error })).toEqual({
      code: 'UNKNOWN_BACKEND',
      message: 'The backend "modal" comes with @cooperbench/backend-modal, which is left out.',
      hint: 'Plugin it could not be loaded: boom\nFix it.',
    });
  });
});
