import { imageDefaults } from '@cooperbench/core';
import { accountCases } from '@cooperbench/testing';
import { afterAll, expect, test } from 'vitest';
import { startFake } from './modal.test.support.ts';
import { ModalBackend } from './modal-backend.ts';

// What account.modal.test.ts runs on a real account, on the fake: it works up to there.
const fake = await startFake('bubblewrap');
fake.registry.set(imageDefaults.baseImage, async () => {});
fake.registry.set('registry.test/private:1', async () => {});
fake.privateTags.add('registry.test/private:1');
fake.secrets.add('registry');
afterAll(async () => {
  expect(fake.running()).toEqual([]);
  await fake[Symbol.asyncDispose]();
});
const subject = {
  open: (options: object = {}) => new ModalBackend({ registrySecret: 'registry', ...options }),
  privateImage: 'registry.test/private:1',
};

test.for(accountCases)('$name', (accountCase) => accountCase.check(subject));
