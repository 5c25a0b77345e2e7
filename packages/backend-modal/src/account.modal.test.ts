import { loadConfiguration } from '@cooperbench/command/config';
import { accountCases } from '@cooperbench/testing';
import { test } from 'vitest';
import { ModalBackend } from './modal-backend.ts';

// With a real account and the options that the user's configuration has.
const privateImage = process.env.COOPERBENCH_E2E_MODAL_PRIVATE_IMAGE;
const saved = (await loadConfiguration()).values.backendOptions?.modal as object | undefined;
const subject = { open: (options: object = {}) => new ModalBackend({ ...saved, ...options }), privateImage };

for (const { name, needs, check } of accountCases) {
  const isLacking = needs !== undefined && subject[needs] === undefined;
  const reason = isLacking ? ' (skipped: no COOPERBENCH_E2E_MODAL_PRIVATE_IMAGE)' : '';
  test.skipIf(isLacking)(`${name}${reason}`, () => check(subject));
}
