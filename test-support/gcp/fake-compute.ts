// This file has more than 250 lines, because it is one service, whose calls share its state.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { strictFault } from './strict-json.ts';
import { type Machine, startMachine, writePrograms } from './vm.ts';

interface Item {
  readonly key: string;
  readonly value: string;
}

/** What Compute Engine was asked for. */
export interface Resource {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly metadata: { readonly items: readonly Item[] };
  readonly machineType: string;
  readonly disks?: readonly { readonly boot?: boolean }[];
  readonly scheduling?: {
    readonly provisioningModel?: string;
    readonly instanceTerminationAction?: string;
    readonly maxRunDuration?: { readonly seconds?: string };
  };
  readonly networkInterfaces: readonly {
    readonly network?: string;
    readonly subnetwork?: string;
    readonly accessConfigs?: readonly object[];
  }[];
  readonly [field: string]: unknown;
}

export interface FakeVm {
  readonly resource: Resource;
  readonly zone: string;
  status: string;
  machine: Promise<Machine>;
}

interface Operation {
  readonly name: string;
  readonly operationType: string;
  readonly targetLink: string;
  status: 'RUNNING' | 'DONE';
  error?: { readonly errors: readonly object[] };
  done: Promise<unknown>;
}

export interface Refusal {
  readonly status: number;
  readonly message: string;
  /** Of an ErrorInfo. */
  readonly reason?: string;
  /** The older kind, as most errors of Compute Engine have it. Such an answer has no name of its status. */
  readonly olderReason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

const zones = ['us-central1-a', 'us-central1-b', 'us-central1-c', 'us-central1-f'];
const never = new Promise<never>(() => {});
let machines = 0;

/** Compute Engine on loopback, for Google's client. Its VMs are real SSH servers. `vms` is what an account would be billed for. */
export class FakeCompute implements AsyncDisposable {
  readonly vms = new Map<string, FakeVm>();
  /** Every VM that was asked for. */
  readonly asked: { readonly zone: string; readonly resource: Resource }[] = [];
  readonly calls = new Map<string, number>();
  /** The calls that change something, in order. */
  readonly changes: string[] = [];
  /** Errors of inserts that were accepted, by zone. */
  readonly insertErrors = new Map<string, object>();
  /** What calls answer instead, by the name of the method, and how often. */
  readonly refusals: { readonly method: string; readonly refusal: Refusal; times: number }[] = [];
  insertNeverEnds = false;
  /** VMs publish no host key. */
  silent = false;
  /** VMs publish the key of another host. */
  wrongHostKey: string | undefined;
  /** Programs that the image of VMs lacks. */
  hiddenPrograms: readonly string[] = [];
  readonly #operations: Operation[] = [];
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request).then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error: unknown) => {
        const { status, message, reason, olderReason, metadata }: Refusal = isRefusal(error)
          ? error
          : { status: 500, message: String(error) };
        const details = reason
          ? [
              {
                '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
                reason,
                domain: 'googleapis.com',
                metadata,
              },
            ]
          : [];
        const errors = [{ message, domain: 'usageLimits', reason: olderReason }];
        const kind = olderReason ? { errors } : { status: statuses[status] ?? 'INTERNAL', details };
        const body = { error: { code: status, message, ...kind } };
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      },
    );
  });
  #root = '';
  #sshPort = 0;

  static async start(): Promise<FakeCompute> {
    const fake = new FakeCompute();
    fake.#root = await mkdtemp(join(tmpdir(), 'fake-gcp-'));
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    await writePrograms(join(fake.#root, 'programs'));
    fake.#sshPort = await freePort();
    return fake;
  }

  /** Returns what finds the fake. */
  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `http://127.0.0.1:${port}/compute/v1/`,
      METADATA_SERVER_DETECTION: 'none',
    };
  }

  /** Options with which the backend gets into the fake's VMs. */
  get options(): { readonly project: string; readonly sshUser: string; readonly sshPort: number } {
    return { project: 'fake-project', sshUser: userInfo().username, sshPort: this.#sshPort };
  }

  /** Takes a VM away as Google does with spot VMs, or somebody in the console. */
  async end(name: string, way: 'preempted' | 'deleted' | 'stopped'): Promise<void> {
    const vm = this.vms.get(name);
    if (!vm) throw new Error(`There is no VM ${name}`);
    if (way === 'preempted') this.#operate('compute.instances.preempted', name, vm.zone, Promise.resolve());
    if (way === 'stopped') vm.status = 'TERMINATED';
    else this.vms.delete(name);
    await (await vm.machine).end();
  }

  /** Returns the VMs that an account still pays for when every deletion that has begun is complete. */
  async billable(): Promise<string[]> {
    await Promise.all(
      this.#operations.filter((one) => one.operationType === 'delete').map(({ done }) => done),
    );
    return [...this.vms.keys()];
  }

  /** Removes a VM's container. The VM's SSH server keeps running. */
  async endContainer(name: string): Promise<void> {
    await promisify(execFile)('docker', ['rm', '--force', name]);
  }

  /** Forgets faults and what was asked. */
  reset(): void {
    this.asked.length = 0;
    this.refusals.length = 0;
    this.insertErrors.clear();
    this.insertNeverEnds = false;
    this.silent = false;
    this.wrongHostKey = undefined;
    this.hiddenPrograms = [];
  }

  /** Puts a `gcloud` and an `ssh` on PATH that lead to the SSH server of the VM they are asked for. */
  proxies(): { readonly asked: () => Promise<string>; readonly restore: () => void } {
    const bin = join(this.#root, 'bin');
    mkdirSync(bin, { recursive: true });
    const script = `import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
const [program, ...args] = process.argv.slice(1);
writeFileSync(${JSON.stringify(join(bin, 'asked'))}, args.join(' '));
const addressOf = (vm) => readFileSync(${JSON.stringify(this.#root)} + '/' + vm + '/address', 'utf8');
const [host, port] = program.endsWith('ssh') ? args[3].split(':') : [addressOf(args[2]), args[3]];
const socket = connect(Number(port), host);
process.stdin.pipe(socket).pipe(process.stdout);
`;
    for (const program of ['gcloud', 'ssh'])
      writeFileSync(join(bin, program), `#!${process.execPath}\n${script}`, { mode: 0o755 });
    const { PATH } = process.env;
    process.env.PATH = `${bin}:${PATH}`;
    return {
      asked: () => readFile(join(bin, 'asked'), 'utf8'),
      restore: () => {
        process.env.PATH = PATH;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    for (const vm of this.vms.values()) await (await vm.machine).end();
    await rm(this.#root, { recursive: true, force: true });
  }

  async #answer(request: IncomingMessage): Promise<object> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const parts = url.pathname.replace('/compute/v1/projects/fake-project/', '').split('/').filter(Boolean);
    const [scope, zone = '', collection = '', name, verb] = parts;
    const method =
      scope === 'aggregated'
        ? 'aggregatedList'
        : (verb ?? `${request.method} ${collection}${name ? '/' : ''}`);
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    if (request.method !== 'GET' && method !== 'wait') this.changes.push(method);
    const refusal = this.refusals.find((refusal) => refusal.method === method && refusal.times > 0);
    if (refusal) {
      refusal.times -= 1;
      throw refusal.refusal;
    }
    if (scope === 'aggregated')
      return {
        items: Object.fromEntries(zones.map((one) => [`zones/${one}`, { instances: this.#list(one, url) }])),
      };
    if (!zones.includes(zone))
      throw {
        status: 400,
        message: `Invalid value for field 'zone': '${zone}'. Unknown zone.`,
      } satisfies Refusal;
    switch (method) {
      case 'GET instances':
        return { items: this.#list(zone, url) };
      case 'POST instances':
        if (!/^[0-9a-f-]{36}$/.test(url.searchParams.get('requestId') ?? ''))
          throw { status: 400, message: "Invalid value for field 'requestId'" } satisfies Refusal;
        return this.#insert(zone, (await json(request)) as Resource);
      case 'GET instances/': {
        const vm = this.#vm(name);
        const { address } = await vm.machine;
        const networkInterfaces = vm.resource.networkInterfaces.map((networkInterface) => ({
          networkIP: networkInterface.accessConfigs ? '10.0.0.2' : address,
          accessConfigs: networkInterface.accessConfigs?.map(() => ({ natIP: address })),
        }));
        return { name, status: vm.status, labels: vm.resource.labels, networkInterfaces };
      }
      case 'DELETE instances/': {
        const vm = this.#vm(name);
        vm.status = 'STOPPING';
        const exit = vm.machine.then((machine) => machine.end()).then(() => this.vms.delete(String(name)));
        return shown(this.#operate('delete', String(name), zone, exit));
      }
      case 'getGuestAttributes': {
        const key = url.searchParams.get('queryPath')?.split('/')[1] ?? '';
        const machine = await this.#vm(name).machine;
        const published = this.silent ? undefined : await machine.attribute(key);
        if (!published)
          throw {
            status: 404,
            message: `The resource 'guestAttributes' of type 'Guest Attribute' was not found.`,
          } satisfies Refusal;
        return {
          queryValue: { items: [{ namespace: 'cooperbench', key, value: this.wrongHostKey ?? published }] },
        };
      }
      case 'wait': {
        const operation = this.#operations.find((one) => one.name === name);
        if (!operation) throw { status: 404, message: `There is no operation ${name}` } satisfies Refusal;
        await Promise.race([operation.done, new Promise((resolve) => setTimeout(resolve, 500))]);
        return shown(operation);
      }
      case 'GET operations': {
        const type = /operationType = "(.*)"/.exec(url.searchParams.get('filter') ?? '')?.[1];
        return { items: this.#operations.filter((one) => one.operationType === type).map(shown) };
      }
      default:
        throw { status: 404, message: `The fake has no ${method}` } satisfies Refusal;
    }
  }

  #list(zone: string, url: URL): object[] {
    const filter = /labels\.(\S+) = "(.*)"/.exec(url.searchParams.get('filter') ?? '');
    return [...this.vms.values()]
      .filter((vm) => vm.zone === zone && (!filter || vm.resource.labels[filter[1] ?? ''] === filter[2]))
      .map(({ resource: { name, labels }, status }) => ({ name, labels, status }));
  }

  #vm(name: string | undefined): FakeVm {
    const vm = this.vms.get(name ?? '');
    if (!vm)
      throw { status: 404, message: `The resource 'instances/${name}' was not found` } satisfies Refusal;
    return vm;
  }

  #insert(zone: string, resource: Resource): object {
    const invalid = wrongIn(zone, resource);
    if (invalid) throw { status: 400, message: `Invalid value for field ${invalid}`, olderReason: 'invalid' };
    this.asked.push({ zone, resource });
    const { name } = resource;
    const error = this.insertErrors.get(zone);
    const operation = this.#operate('insert', name, zone, error ? Promise.resolve() : never);
    if (error) operation.error = { errors: [error] };
    if (error) return shown(operation);
    machines += 1;
    const metadata = Object.fromEntries(resource.metadata.items.map(({ key, value }) => [key, value]));
    const address = `127.77.${machines >> 8}.${machines & 255}`;
    const machine = startMachine(
      join(this.#root, name),
      join(this.#root, 'programs'),
      name,
      metadata,
      address,
      this.#sshPort,
      this.hiddenPrograms,
    );
    const vm: FakeVm = { resource, zone, status: 'STAGING', machine };
    this.vms.set(name, vm);
    if (!this.insertNeverEnds)
      operation.done = machine.then(() => {
        vm.status = 'RUNNING';
        operation.status = 'DONE';
      });
    return shown(operation);
  }

  #operate(operationType: string, target: string, zone: string, done: Promise<unknown>): Operation {
    const operation: Operation = {
      name: `operation-${this.#operations.length}`,
      operationType,
      targetLink: `https://www.googleapis.com/compute/v1/projects/fake-project/zones/${zone}/instances/${target}`,
      status: 'RUNNING',
      done: done.then(() => {
        operation.status = 'DONE';
      }),
    };
    this.#operations.push(operation);
    return operation;
  }
}

/** Returns what Compute Engine would refuse, by its discovery document and its documentation. */
function wrongIn(zone: string, resource: Resource): string | undefined {
  const unknown = strictFault('compute', 'Instance', resource);
  if (unknown !== undefined) return unknown;
  const { name, labels, metadata, scheduling, disks, networkInterfaces } = resource;
  if (!/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return `'resource.name': '${name}'`;
  if (Object.keys(labels).length > 64) return "'resource.labels': more than 64";
  for (const [key, value] of Object.entries(labels))
    if (!/^[a-z][-_a-z0-9]{0,62}$/.test(key) || !/^[-_a-z0-9]{0,63}$/.test(value))
      return `'resource.labels': '${key}=${value}'`;
  const sizes = metadata.items.map(({ value }) => Buffer.byteLength(value));
  if (sizes.some((size) => size > 262_144) || sizes.reduce((sum, size) => sum + size, 0) > 524_288)
    return "'resource.metadata': too large";
  const { maxRunDuration, instanceTerminationAction, provisioningModel } = scheduling ?? {};
  const seconds = Number(maxRunDuration?.seconds ?? 30);
  if (!(seconds >= 30 && seconds <= 120 * 86_400)) return "'resource.scheduling.maxRunDuration'";
  if (maxRunDuration && !['DELETE', 'STOP'].includes(String(instanceTerminationAction)))
    return "'resource.scheduling.instanceTerminationAction'";
  if (!['SPOT', 'STANDARD'].includes(String(provisioningModel)))
    return "'resource.scheduling.provisioningModel'";
  if (!disks?.some(({ boot }) => boot)) return "'resource.disks': no boot disk";
  if (!resource.machineType.startsWith(`zones/${zone}/`)) return "'resource.machineType'";
  const region = zone.replace(/-[^-]*$/, '');
  const nowhere = networkInterfaces.some(({ network, subnetwork }) =>
    subnetwork === undefined ? network === undefined : !subnetwork.startsWith(`regions/${region}/`),
  );
  return networkInterfaces.length === 0 || nowhere ? "'resource.networkInterfaces'" : undefined;
}

function shown({ done: _, ...operation }: Operation): object {
  return operation;
}

function isRefusal(error: unknown): error is Refusal {
  return typeof (error as Refusal).status === 'number';
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.77.0.0');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
