import { test } from 'vitest';
import { contendForLocks } from './lock-rounds.test.support.ts';

test('of four processes that take over the lock of a dead one, exactly one has it, in 2,000 rounds', async () => {
  await contendForLocks(2000);
});
