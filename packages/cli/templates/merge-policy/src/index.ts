import { createRequire } from 'node:module';
import { definePlugin, type PluginHook } from '@cooperbench/core';
import { mergePolicy } from './merge-policy.ts';

/** Users select it with `--merge-policy __name__`. */
const name = '__name__';
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const plugin: PluginHook = definePlugin({
  name: '__package__',
  version,
  apiVersion: 1,
  mergePolicies: { [name]: { create: () => mergePolicy } },
});

export default plugin;
