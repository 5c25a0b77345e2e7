import { ConfigError } from '@cooperbench/core';
import { expect, test } from 'vitest';
import type { SandboxDriver } from '../sandbox/driver.ts';
import type { Leftover } from './leftovers.ts';
import { ProviderBackend } from './provider-backend.ts';
import { providerFaults } from './provider-faults.ts';

const faults = providerFaults({
  denied: { code: 'X_TOKEN', message: 'X refused the token' },
  limited: { code: 'X_LIMIT', message: 'X is full' },
  unreachable: { code: 'X_UNREACHABLE', message: 'X does not answer' },
  refused: { code: 'X_REFUSED', message: 'X refused' },
  messageFrom: (error) => (error as Error).message,
});

class XBackend extends ProviderBackend<string> {
  readonly calls: string[] = [];
  answers: 'yes' | 'no' = 'yes';

  constructor() {
    super('X', faults);
  }

  protected async connect(): Promise<string> {
    this.calls.push('connect');
    if (this.answers === 'no') throw Object.assign(new Error('no route'), { code: 14 });
    return 'account';
  }

  protected close(account: string): void {
    this.calls.push(`close ${account}`);
  }

  protected override async check(account: string): Promise<void> {
    this.calls.push(`check ${account}`);
  }

  protected async *listLeftovers(account: string): AsyncGenerator<Leftover> {
    const owner = JSON.stringify({ pid: 0, host: 'elsewhere' });
    const remove = async (): Promise<void> => void this.calls.push(`remove of ${account}`);
    yield { name: 'old', owner, madeAtMs: 1, remove };
  }

  protected async start(): Promise<SandboxDriver> {
    throw Object.assign(new Error('too big'), { code: 3 });
  }
}

const spec = {
  ...{ name: 's', labels: {}, image: 'i', taskDir: '/t' },
  ...{ untrusted: true, lifetimeMs: 1000 },
};

test('the provider is opened once, and closed after the last sandbox', async () => {
  const backend = new XBackend();
  expect(await backend.preflight()).toEqual([]);
  expect(await backend.clean({ elsewhereOlderThanMs: 1 })).toEqual(['old']);
  await backend[Symbol.asyncDispose]();
  expect(backend.calls).toEqual(['connect', 'check account', 'remove of account', 'close account']);
});

test('a provider that was never needed is neither opened nor closed', async () => {
  const backend = new XBackend();
  await backend[Symbol.asyncDispose]();
  expect(backend.calls).toEqual([]);
});

test('each call explains the errors of the provider, and the next one tries again', async () => {
  const backend = new XBackend();
  backend.answers = 'no';
  await expect(backend.preflight()).rejects.toBeInstanceOf(ConfigError);
  await expect(backend.clean()).rejects.toMatchObject({
    code: 'X_UNREACHABLE',
    message: 'X does not answer: no route',
    retryable: true,
  });
  backend.answers = 'yes';
  await expect(backend.create(spec)).rejects.toMatchObject({
    code: 'SANDBOX_CREATE',
    message: 'Could not make the sandbox s: too big',
  });
});

test('an abort is its own reason', async () => {
  const backend = new XBackend();
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(backend.preflight({ signal })).rejects.toThrow('enough');
  await expect(backend.clean({ signal })).rejects.toThrow('enough');
});
