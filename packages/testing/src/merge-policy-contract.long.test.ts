import type { MergePolicy } from '@cooperbench/core';
import { describe, test } from 'vitest';
import { mergePolicyContract } from './merge-policy-contract.ts';

/** Each breaks one promise. */
const faults: Readonly<Record<string, MergePolicy>> = {
  'has a strategy that is no name': { strategy: 'My strategy' },
  'says that it has merged, and has not': { strategy: 'idle', onConflict: 'exit 0' },
  'commits conflict markers': {
    strategy: 'markers',
    onConflict:
      'git merge -q "$1"; for file in $(git diff --name-only --diff-filter=U); do git add "$file"; done; git commit -qm merge',
  },
  'adds a file': {
    strategy: 'more',
    onConflict:
      'git merge -q -s ours -m merge "$1" && echo x > extra.txt && git add extra.txt && git commit -qm more',
  },
};

describe('the contract of merge policies', () => {
  test.concurrent('passes one that keeps it', async () => {
    const ours = { strategy: 'ours', onConflict: 'git merge -q -s ours -m merge "$1"' };
    for (const { check } of mergePolicyContract) await check(ours);
  });

  test.concurrent.for(Object.entries(faults))('catches one that %s', async ([, policy], { expect }) => {
    expect(await isCaught(policy)).toBe(true);
  });
});

async function isCaught(policy: MergePolicy): Promise<boolean> {
  try {
    for (const { check } of mergePolicyContract) await check(policy);
    return false;
  } catch (error) {
    if (error instanceof Error && error.name === 'AssertionError') return true;
    throw error;
  }
}
