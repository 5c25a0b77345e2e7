import type { Plugin } from '@cooperbench/core';
import { PluginError } from '@cooperbench/core/errors';
import type { LeftOutPlugin } from '@cooperbench/core/host';
import { expect, test } from 'vitest';
import { listReasons, loadAll, mergePlugins } from './found-plugins.ts';

const plugin = (name: string, version: string): Plugin => ({ name, version, apiVersion: 1 });
const warnings = new Map();
const leftOut = (name: string): LeftOutPlugin => ({
  name,
  error: new PluginError('PLUGIN_LOAD', 'It broke.', { hint: 'Fix it.' }),
});

test('of two with one name the earlier place wins, and a broken one elsewhere does not matter', async () => {
  const old = plugin('a', '1.0.0');
  const project = { plugins: [plugin('a', '2.0.0')], leftOut: [], warnings };
  const user = {
    plugins: [old, plugin('b', '1.0.0')],
    leftOut: [leftOut('c')],
    warnings: new Map([[old, 'a is old.']]),
  };
  const broken = { plugins: [], leftOut: [leftOut('a')], warnings };
  expect(await mergePlugins(project, user, broken)).toEqual({
    named: new Map(),
    plugins: [plugin('a', '2.0.0'), plugin('b', '1.0.0')],
    leftOut: [leftOut('c')],
    warnings,
  });
});

test('also when its own cannot be used: another version does not step in', async () => {
  const project = { plugins: [], leftOut: [leftOut('a')], warnings };
  const user = { plugins: [plugin('a', '1.0.0')], leftOut: [], warnings };
  expect(await mergePlugins(project, user)).toEqual({
    named: new Map(),
    plugins: [],
    leftOut: [leftOut('a')],
    warnings,
  });
});

test('one that cannot be loaded keeps no other from being', async () => {
  const foundPlugins = await loadAll([
    { name: 'a', remedy: 'Fix it.', load: () => Promise.reject(new Error('boom')) },
    { name: 'b', remedy: 'Fix it.', load: async () => ({ default: () => plugin('b', '1.0.0') }) },
  ]);
  expect(foundPlugins.plugins).toEqual([plugin('b', '1.0.0')]);
  expect(listReasons(foundPlugins)).toEqual(['Plugin a could not be loaded: boom\nFix it.']);
});

test('what two have in common is said once, and what may be wrong after it', () => {
  const found = { plugins: [], leftOut: [leftOut('a'), leftOut('b')] };
  const old = new Map([[plugin('c', '1.0.0'), 'c is old.']]);
  expect(listReasons({ ...found, warnings: old })).toEqual(['It broke.\nFix it.', 'c is old.']);
});
