import { definePlugin, objectSchema, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import { lead, strict, union } from './merge-policies.ts';

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/evaluator-tests',
  version: pkg.version,
  apiVersion: 1,
  evaluators: {
    tests: {
      options: objectSchema({}),
      create: async () => (await import('./tests-evaluator.ts')).createTestsEvaluator(),
    },
  },
  mergePolicies: {
    union: { create: () => union },
    strict: { create: () => strict },
    lead: { create: () => lead },
  },
});

export default plugin;
