import { describe, test } from 'vitest';
import { busContract } from '../testing/bus-contract.ts';
import { memoryBus } from './memory-bus.ts';

describe('the memory bus keeps the contract', () => {
  test.for(busContract)('$name', ({ check }) => check(memoryBus()));
});
