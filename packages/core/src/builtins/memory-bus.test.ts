import { busContract } from '@cooperbench/testing';
import { describe, test } from 'vitest';
import { createMemoryBus } from './memory-bus.ts';

describe('the memory bus keeps the contract', () => {
  test.for(busContract)('$name', ({ check }) => check(createMemoryBus()));
});
