import { createContainer, tokens } from '@cooperbench/runs';
import { mergePolicyContract, withKnownFailures } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import plugin from './index.ts';
import { mergePolicy } from './merge-policy.ts';

/** Promises that cannot be kept, each with the reason. The test fails once one of them is kept. */
const knownFailures = {};

describe('the contract of merge policies', () => {
  test.for(withKnownFailures(mergePolicyContract, knownFailures))('$name', { timeout: 60_000 }, ({ check }) =>
    check(mergePolicy),
  );
});

test('the plugin provides it', () => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect(registry.get('mergePolicies', '__name__').create({})).toBe(mergePolicy);
});
