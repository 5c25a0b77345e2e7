import { loadConfiguration } from '@cooperbench/command/config';
import { checkAccount } from '@cooperbench/testing';
import { ModalBackend } from './modal-backend.ts';

/** Before the tests on a real account. */
export default async function setup(): Promise<void> {
  const saved = (await loadConfiguration()).values.backendOptions?.modal as object | undefined;
  await checkAccount(new ModalBackend(saved));
}
