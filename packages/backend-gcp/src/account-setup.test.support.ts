import { loadConfiguration } from '@cooperbench/command/config';
import { checkAccount } from '@cooperbench/testing';
import { GcpBackend } from './gcp-backend.ts';

/** Before the tests on a real account. */
export default async function setup(): Promise<void> {
  const saved = (await loadConfiguration()).values.backendOptions?.gcp as object | undefined;
  await checkAccount(new GcpBackend(saved));
}
