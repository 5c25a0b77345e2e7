import { accountCases } from '@cooperbench/testing';
import { afterAll, expect, test } from 'vitest';
import { backendOn, startFake } from './gcp.test.support.ts';

// What account.gcp.test.ts runs on a real account, on the fake: it works up to there. There is no private registry.
const fake = await startFake();
afterAll(async () => {
  expect(await fake.billable()).toEqual([]);
  await fake[Symbol.asyncDispose]();
});
const subject = { open: (options: object = {}) => backendOn(fake, options) };

test.for(accountCases.filter(({ needs }) => needs === undefined))('$name', (accountCase) =>
  accountCase.check(subject),
);
