import type { Backend } from '@cooperbench/core';
import { backendContract, sharingSubject } from '@cooperbench/testing';
import { afterAll, expect, test } from 'vitest';
import { backendOn, specOf, startFake } from './gcp.test.support.ts';

const fake = await startFake();
const backend = backendOn(fake);
afterAll(async () => {
  await subject[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
  expect(await fake.billable()).toEqual([]);
  await fake[Symbol.asyncDispose]();
});

const listPresent = async (): Promise<string[]> =>
  [...fake.vms.values()]
    .filter(({ status }) => status !== 'STOPPING')
    .map(({ resource }) => resource.labels.name ?? '');
const recordChanges = async (work: (fresh: Backend) => Promise<void>): Promise<string[]> => {
  await using fresh = backendOn(fake);
  const before = fake.changes.length;
  await work(fresh);
  return fake.changes.slice(before);
};
const subject = sharingSubject({ backend, spec: specOf, present: listPresent, recordChanges });

// Sandboxes are not processes of this one, so they inherit nothing from it.
const cases = backendContract.filter(({ needs }) => needs !== 'plugin');
test.for(cases)('$name', (backendCase) => backendCase.check(subject));
