import { nop } from '../agents/nop.ts';
import { oracle } from '../agents/oracle.ts';
import { memoryBus } from '../buses/memory.ts';
import type { Plugin } from '../contracts/plugin.ts';
import { lead, strict, union } from '../evaluation/policies.ts';
import { testsEvaluator } from '../evaluation/tests-evaluator.ts';
import { coreVersion } from '../run/versions.ts';

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
