import {
  bootScript,
  MachineBackend,
  type MachineOptions,
  type Machines,
} from '@cooperbench/backend-kit/machines';
import { SandboxError } from '@cooperbench/core';
import { providerFaults } from '../index.ts';

/** The options of `--backend acme`. */
export interface AcmeOptions extends MachineOptions {
  /** Address of Acme's API. */
  readonly url: string;
}

const faults = providerFaults({
  denied: { code: 'ACME_TOKEN', message: 'Acme refused the token', hint: 'Set ACME_TOKEN.' },
  limited: { code: 'ACME_LIMIT', message: 'Acme has reached a limit', hint: 'Lower --concurrency.' },
  unreachable: { code: 'ACME_UNREACHABLE', message: 'Acme does not answer' },
  refused: { code: 'ACME_REFUSED', message: 'Acme refused' },
  messageFrom: (error) => (error as Error).message,
});

/** Each sandbox is a container on a machine of Acme. */
export function createBackend(options: AcmeOptions): MachineBackend {
  return new MachineBackend({
    name: 'Acme',
    faults,
    options,
    zones: ['north', 'south'],
    connect: async () => acme(options.url),
  });
}

function acme(url: string): Machines {
  async function call(method: string, path: string, body?: object) {
    const headers = { authorization: `Bearer ${process.env.ACME_TOKEN}` };
    const request = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(`${url}/machines${path}`, request);
    // `faults` read `code`: one of gRPC's, or a status of HTTP.
    if (!answer.ok) throw Object.assign(new Error(await answer.text()), { code: answer.status });
    return JSON.parse((await answer.text()) || '{}');
  }
  return {
    async insert({ name, zone, labels, sshUser, publicKey, lifetimeMs, cpus = 2, memoryMiB = 4096 }) {
      const publish = `curl --data "$host_key" ${url}/machines/${name}/host-key`;
      const access = { sshUser, publicKey, firstStart: bootScript({ publish }) };
      // Acme answers 400 when no machine is so large.
      const machine = { zone, labels, cpus, memoryMiB, ...access };
      await call('PUT', `/${name}`, { ...machine, deleteAfterSeconds: lifetimeMs / 1000 }).catch((error) => {
        throw error.code === 507 ? new SandboxError('MACHINE_CAPACITY', error.message) : error;
      });
    },
    delete: ({ name }) => call('DELETE', `/${name}`),
    async state({ name }) {
      const { status, address } = await call('GET', `/${name}`);
      return { running: status === 'running', address };
    },
    hostKey: async ({ name }) => (await call('GET', `/${name}`)).hostKey,
    async *list() {
      yield* await call('GET', '?label=cooperbench=sandbox');
    },
  };
}
