import type { Backend } from '@cooperbench/core';
import { backendContract, sharingSubject, withKnownFailures } from '@cooperbench/testing';
import { afterAll, expect, test } from 'vitest';
import { bubblewrapModal, specOf } from './modal.test.support.ts';
import { ModalBackend } from './modal-backend.ts';

const { fake, backend } = await bubblewrapModal();
afterAll(async () => {
  await subject[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
  expect(fake.running()).toEqual([]);
  await fake[Symbol.asyncDispose]();
});

const listPresent = async (): Promise<string[]> =>
  fake.running().map(({ tags }) => tags.find(({ tagName }) => tagName === 'name')?.tagValue ?? '');
const recordChanges = async (work: (fresh: Backend) => Promise<void>): Promise<string[]> => {
  await using fresh = new ModalBackend();
  const before = fake.changes.length;
  await work(fresh);
  return fake.changes.slice(before);
};
const subject = sharingSubject({ backend, spec: specOf, present: listPresent, recordChanges });

// Sandboxes are not processes of this one, so they inherit nothing from it.
const cases = backendContract.filter(({ needs }) => needs !== 'plugin');
// Modal itself refuses more than its machines have, and the fake has no such limit.
const knownFailures = {
  'a sandbox has the processors and the memory that it needs, or is refused by name':
    'only the real Modal knows how much its machines have',
};
test.for(withKnownFailures(cases, knownFailures))('$name', (backendCase) => backendCase.check(subject));
