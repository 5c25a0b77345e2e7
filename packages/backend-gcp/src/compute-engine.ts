import { randomUUID } from 'node:crypto';
import { plainMark } from '@cooperbench/backend-kit';
import type { MachineName, MachineState, Machines, NewMachine } from '@cooperbench/backend-kit/machines';
import { SandboxError } from '@cooperbench/core';
import type { InstancesClient } from '@google-cloud/compute/build/src/v1/instances_client.js';
import type { ZoneOperationsClient } from '@google-cloud/compute/build/src/v1/zone_operations_client.js';
import { type Account, openAccount } from './google-cloud/index.ts';
import { buildInstance, findLoginLine, hostKeyAttribute } from './instance.ts';
import { createOperationFault } from './operation-fault.ts';
import type { GcpSettings } from './options.ts';

type CallOptions = NonNullable<Parameters<InstancesClient['aggregatedListAsync']>[1]>;

/** Limits the time of a call with its repetitions. By default, Google's client repeats only some of the calls used here. */
function limitCall(timeout: number): CallOptions {
  const deadlineExceededOrUnavailable = [4, 14];
  const delays = { initialRetryDelayMillis: 100, retryDelayMultiplier: 1.3, maxRetryDelayMillis: 5000 };
  const timeouts = {
    initialRpcTimeoutMillis: timeout,
    rpcTimeoutMultiplier: 1,
    maxRpcTimeoutMillis: timeout,
  };
  const backoffSettings = { ...delays, ...timeouts, totalTimeoutMillis: timeout };
  return {
    timeout,
    autoPaginate: false,
    retry: { retryCodes: deadlineExceededOrUnavailable, backoffSettings },
  };
}

const callOptions = limitCall(60_000);
/** Before a run, somebody waits at the terminal. */
const checkOptions = limitCall(10_000);
/** Google answers a wait after two minutes at most. */
const waitOptions = limitCall(150_000);

const alive = ['PROVISIONING', 'STAGING', 'RUNNING'];
const ownDoing = {
  'compute.instances.preempted': 'was preempted: Google Cloud needed the capacity of its spot VM',
  'compute.instances.hostError': 'failed with its host',
};

/** The VMs of a project. */
export class ComputeEngine implements Machines {
  readonly account: Account;
  readonly #settings: GcpSettings;
  readonly #instances: InstancesClient;
  readonly #operations: ZoneOperationsClient;

  private constructor(
    account: Account,
    settings: GcpSettings,
    clients: { readonly instances: InstancesClient; readonly operations: ZoneOperationsClient },
  ) {
    this.account = account;
    this.#settings = settings;
    this.#instances = clients.instances;
    this.#operations = clients.operations;
  }

  /** The package's main file loads a hundred clients and takes 170 MB more memory than these two. */
  static async connect(settings: GcpSettings): Promise<ComputeEngine> {
    const account = await openAccount(settings.project);
    const { InstancesClient } = await import('@google-cloud/compute/build/src/v1/instances_client.js');
    const { ZoneOperationsClient } = await import(
      '@google-cloud/compute/build/src/v1/zone_operations_client.js'
    );
    const instances = new InstancesClient({ ...account.connectionTo('compute') });
    const operations = new ZoneOperationsClient({ ...account.connectionTo('compute') });
    return new ComputeEngine(account, settings, { instances, operations });
  }

  async check(): Promise<void> {
    const { project } = this.account;
    const list = (zone: string): Promise<unknown> =>
      this.#instances.list({ project, zone, maxResults: 1 }, checkOptions);
    await Promise.all(this.#settings.zones.map(list));
  }

  async insert(machine: NewMachine): Promise<void> {
    const instanceResource = buildInstance(machine, this.#settings);
    const request = { ...this.#place(machine), instanceResource, requestId: randomUUID() };
    const [{ latestResponse }] = await this.#instances.insert(request, callOptions);
    await this.#waitForOperation(String((latestResponse as { name?: string }).name), machine);
  }

  async delete(machine: MachineName): Promise<void> {
    await this.#instances.delete(this.#place(machine), callOptions);
  }

  async state(machine: MachineName): Promise<MachineState> {
    const [{ status, networkInterfaces }] = await this.#instances.get(this.#place(machine), callOptions);
    const [network] = networkInterfaces ?? [];
    const address = network?.accessConfigs?.[0]?.natIP ?? network?.networkIP ?? '';
    return { running: alive.includes(String(status)), address };
  }

  async hostKey(machine: MachineName): Promise<string | undefined> {
    const request = { ...this.#place(machine), queryPath: hostKeyAttribute };
    const [{ queryValue }] = await this.#instances.getGuestAttributes(request, callOptions);
    return queryValue?.items?.[0]?.value ?? undefined;
  }

  async whyEnded({ zone, name }: MachineName): Promise<string | undefined> {
    for (const [type, reason] of Object.entries(ownDoing)) {
      const request = { project: this.account.project, zone, filter: `operationType = "${type}"` };
      for await (const operation of this.#operations.listAsync(request, callOptions))
        if (operation.targetLink?.endsWith(`/${name}`)) return reason;
    }
    return undefined;
  }

  async *list(): AsyncGenerator<MachineName & Pick<NewMachine, 'labels'>> {
    const [[key, value]] = Object.entries(plainMark) as [[string, string]];
    const filter = `labels.${key} = "${value}"`;
    const request = { project: this.account.project, filter, returnPartialSuccess: true };
    for await (const [scope, { instances }] of this.#instances.aggregatedListAsync(request, callOptions))
      for (const { name, labels } of instances ?? [])
        yield { name: String(name), zone: scope.replace('zones/', ''), labels: labels ?? {} };
  }

  /** With `access: iap`, gcloud leads to a VM without a public address. */
  proxy({ name, zone }: MachineName): readonly string[] | undefined {
    const { access, sshPort } = this.#settings;
    if (access !== 'iap') return undefined;
    const tunnel = ['gcloud', 'compute', 'start-iap-tunnel', name, String(sshPort), '--listen-on-stdin'];
    return [...tunnel, `--project=${this.account.project}`, `--zone=${zone}`, '--verbosity=warning'];
  }

  beforePull(image: string): string | undefined {
    return findLoginLine(image, this.#settings);
  }

  bootHint({ name, zone }: MachineName): string {
    return `Its network must let SSH in; see docs/guide/gcp.md. Its log: gcloud compute instances get-serial-port-output ${name} --zone ${zone}`;
  }

  async close(): Promise<void> {
    await Promise.all([this.#instances.close(), this.#operations.close()]);
  }

  #place({ name, zone }: MachineName): { project: string; zone: string; instance: string } {
    return { project: this.account.project, zone, instance: name };
  }

  /** An abort does not end the wait: while a VM is being inserted, deleting it may fail. */
  async #waitForOperation(operation: string, { zone, name, withinMs }: NewMachine): Promise<void> {
    const { project } = this.account;
    const untilMs = performance.now() + withinMs;
    while (performance.now() < untilMs) {
      const [waitedOperation] = await this.#operations.wait({ project, zone, operation }, waitOptions);
      const [error] = waitedOperation.error?.errors ?? [];
      if (error) throw createOperationFault(error, project);
      if (waitedOperation.status === 'DONE') return;
    }
    throw new SandboxError(
      'GCP_OPERATION',
      `Google Cloud did not create the VM ${name} within ${Math.ceil(withinMs / 60_000)} minutes.`,
      { retryable: true, hint: `See gcloud compute operations describe ${operation} --zone ${zone}` },
    );
  }
}
