import { createContainer, tokens } from '@cooperbench/runs';
import { busContract, withKnownFailures } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { createBus } from './bus.ts';
import plugin from './index.ts';

/** Promises that cannot be kept, each with the reason. The test fails once one of them is kept. */
const knownFailures = {};

describe('the bus contract', () => {
  const bus = createBus({});
  test.for(withKnownFailures(busContract, knownFailures))('$name', { timeout: 60_000 }, ({ check }) =>
    check(bus),
  );
});

test('unknown options are refused', () => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect(() => registry.checkOptions('buses', '__name__', { pollMS: 5 })).toThrow(
    'unknown key "pollMS"; did you mean "pollMs"?',
  );
});
