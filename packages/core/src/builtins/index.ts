import type { Plugin } from '../contracts/plugin.ts';
import { coreVersion } from '../plugins/core-version.ts';
import { memoryBus } from './memory-bus.ts';
import { lead, strict, union } from './merge-policies.ts';
import { nop } from './nop.ts';
import { oracle } from './oracle.ts';
import { testsEvaluator } from './tests-evaluator.ts';

/** What core itself brings. */
export const builtins: Plugin = {
  name: '@cooperbench/core',
  version: coreVersion,
  apiVersion: 1,
  agents: {
    nop: { create: () => nop, untrusted: () => false, usesModel: false },
    oracle: { create: () => oracle, untrusted: () => false, usesModel: false },
  },
  buses: { memory: { create: memoryBus } },
  evaluators: { tests: { create: () => testsEvaluator } },
  mergePolicies: {
    union: { create: () => union },
    strict: { create: () => strict },
    lead: { create: () => lead },
  },
};
