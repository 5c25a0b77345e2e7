// This file has more than 250 lines, because it is one service, whose calls share its state.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Answer, FakeStorage } from './fake-storage.ts';
import { strictFault } from './strict-json.ts';

/** The next calls that match are refused, so many times. */
export interface Refusal {
  readonly service: 'batch' | 'storage';
  readonly method: string;
  readonly answer: Answer;
  times: number;
}

interface Volume {
  readonly gcs: { readonly remotePath: string };
  readonly mountPath: string;
}

/** A job as the client sent it, as far as the fake reads it. */
interface JobRequest {
  readonly labels: Readonly<Record<string, string>>;
  readonly taskGroups: readonly {
    readonly taskCount: string;
    readonly parallelism: string;
    readonly taskSpec: {
      readonly runnables: readonly { container?: { imageUri: string }; script?: { text: string } }[];
      readonly volumes: readonly Volume[];
      readonly maxRetryCount: number;
      readonly lifecyclePolicies?: readonly {
        readonly action: number;
        readonly actionCondition: { readonly exitCodes: readonly number[] };
      }[];
    };
  }[];
  readonly allocationPolicy: {
    readonly network?: { readonly networkInterfaces: readonly { network?: string; subnetwork?: string }[] };
  };
}

interface Task {
  state: 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  attempts: number;
  readonly events: string[];
}

export interface FakeJob {
  readonly name: string;
  readonly request: JobRequest;
  readonly tasks: Task[];
  /** By the folder of their machine. */
  readonly running: Map<string, ChildProcess>;
  readonly events: string[];
  state: string;
}

/** What goes wrong with tasks, by index. */
export interface Troubles {
  /** Their machine is taken away while they run, so many times. */
  readonly preempted?: Map<number, number>;
  /** Jobs stay queued, and say so. */
  readonly queuedBecause?: string;
  /** Tasks take longer than Batch lets them run. */
  readonly tooSlow?: boolean;
  /** Tasks begin, and never end. */
  readonly endless?: boolean;
  /** Deleting a job never ends. */
  readonly undeletable?: boolean;
}

/** Runs a task in another way than on this machine, for measurements. `directory` has its objects. */
export type RunTask = (directory: string, task: string) => Promise<void>;

const preempted =
  'Task state is updated from RUNNING to FAILED due to Spot VM preemption with exit code 50001.';

/**
 * Batch and Cloud Storage on loopback, for the real clients. Tasks run on this machine, with a docker of the fake's own:
 * their images are folders. `left` is what an account would be billed for.
 */
export class FakeBatch implements AsyncDisposable {
  readonly jobs = new Map<string, FakeJob>();
  /** Names of all jobs that were made. */
  readonly made: string[] = [];
  /** What they were made from. */
  readonly requests: object[] = [];
  /** The most tasks of all jobs that ran at the same time. */
  most = 0;
  /** How often tasks began. */
  attempts = 0;
  readonly refusals: Refusal[] = [];
  readonly storage: FakeStorage;
  troubles: Troubles = {};
  runTask: RunTask | undefined;
  readonly #root: string;
  readonly #kind: 'plain' | 'bubblewrap';
  readonly #server: Server;
  #machines = 0;

  private constructor(root: string, kind: 'plain' | 'bubblewrap') {
    this.#root = root;
    this.#kind = kind;
    this.storage = new FakeStorage(join(root, 'objects'));
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const url = new URL(request.url ?? '', 'http://fake');
        const body = Buffer.concat(parts);
        const refusal = this.#refusalOf(url.pathname, request.method ?? '');
        const answer = refusal
          ? Promise.resolve(refusal)
          : url.pathname.includes('/storage/v1/')
            ? this.storage.answer(request, url, body)
            : this.#answer(request.method ?? '', url, body);
        answer
          .catch((error: unknown) => ({
            status: 500,
            json: { error: { code: 500, message: String((error as Error).stack) } },
          }))
          .then(({ status = 200, json, bytes }: Answer) => {
            response.writeHead(status, json ? { 'content-type': 'application/json; charset=UTF-8' } : {});
            response.end(json ? JSON.stringify(json) : bytes);
          });
      });
    });
  }

  static async start(kind: 'plain' | 'bubblewrap'): Promise<FakeBatch> {
    const root = await mkdtemp(join(tmpdir(), 'fake-batch-'));
    for (const name of ['objects', 'images', 'bin', 'machines']) await mkdir(join(root, name));
    await cp(fileURLToPath(new URL('docker.py', import.meta.url)), join(root, 'docker.py'));
    const python = `#!/bin/sh\nexec python3 ${join(root, 'docker.py')} "$@"\n`;
    await writeFile(join(root, 'bin/docker'), python);
    await writeFile(join(root, 'bin/iptables'), `#!/bin/sh\necho "$*" >> "$FAKE_MACHINE/iptables"\n`);
    for (const name of ['docker', 'iptables']) await chmod(join(root, 'bin', name), 0o755);
    const fake = new FakeBatch(root, kind);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  /** Returns what the clients read to find the fake. */
  get environment(): Record<string, string> {
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: url,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_BATCH: url,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: url,
    };
  }

  /** Puts an image into the registry. `fill` gets the folder that is its root. */
  async addImage(name: string, fill: (folder: string) => Promise<void>): Promise<void> {
    const folder = join(this.#root, 'images', name.replaceAll('/', '_'));
    for (const own of ['etc', 'home', 'opt', 'patches', 'root', 'tmp', 'usr/local/bin', 'workspace/repo'])
      await mkdir(join(folder, own), { recursive: true });
    await fill(folder);
  }

  /** Jobs, objects and processes. */
  async left(): Promise<string[]> {
    const running = [...this.jobs.values()].flatMap(({ name, running }) =>
      [...running.keys()].map(() => `task of ${name}`),
    );
    return [...this.jobs.keys(), ...running, ...(await this.storage.objects())];
  }

  /** Returns what the machines of the last test wrote in a file of theirs, one text for each. */
  async machineFiles(name: string): Promise<string[]> {
    const machines = await readdir(join(this.#root, 'machines'));
    return Promise.all(
      machines.map((machine) =>
        readFile(join(this.#root, 'machines', machine, name), 'utf8').catch(() => ''),
      ),
    );
  }

  /** Writes a file into the folder of every machine. */
  async writeInMachines(name: string, content: string): Promise<void> {
    const machines = await readdir(join(this.#root, 'machines'));
    for (const machine of machines) await writeFile(join(this.#root, 'machines', machine, name), content);
  }

  async reset(): Promise<void> {
    this.troubles = {};
    this.refusals.length = 0;
    this.made.length = 0;
    this.most = 0;
    this.attempts = 0;
    for (const job of this.jobs.values()) this.#end(job);
    for (const directory of ['objects', 'machines']) {
      // A task that has just ended may still write.
      await rm(join(this.#root, directory), { recursive: true, maxRetries: 5 });
      await mkdir(join(this.#root, directory));
    }
    this.storage.buckets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const job of this.jobs.values()) this.#end(job);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }

  #refusalOf(path: string, method: string): Answer | undefined {
    const service = path.includes('/storage/v1/') ? 'storage' : 'batch';
    const refusal = this.refusals.find(
      (one) => one.service === service && one.method === method && one.times > 0,
    );
    if (refusal) refusal.times -= 1;
    return refusal?.answer;
  }

  async #answer(method: string, url: URL, body: Buffer): Promise<Answer> {
    const [, parent = '', id, ofTasks] =
      /^\/v1\/(projects\/[^/]+\/locations\/[^/]+)\/jobs(?:\/([^/]+))?(\/taskGroups\/group0\/tasks)?$/.exec(
        url.pathname,
      ) ?? [];
    if (method === 'POST') return this.#create(parent, url.searchParams.get('jobId') ?? '', body);
    if (id === undefined) {
      const filter = url.searchParams.get('filter') ?? '';
      const terms = filter === '' ? [] : filter.split(' AND ');
      const expected = terms.map(
        (term) => /^labels\."([a-z][-_a-z0-9]{0,62})" = "([^"]*)"$/.exec(term) ?? [],
      );
      if (expected.some(([term]) => term === undefined)) return invalid(`The filter ${filter} is not valid.`);
      const jobs = [...this.jobs.values()].filter(({ request }) =>
        expected.every(([, key = '', value]) => request.labels[key] === value),
      );
      return { json: { jobs: jobs.map((job) => shown(job)) } };
    }
    const job = this.jobs.get(`${parent}/jobs/${id}`);
    if (!job)
      return {
        status: 404,
        json: { error: { code: 404, message: 'The job does not exist.', status: 'NOT_FOUND' } },
      };
    if (method === 'DELETE') {
      if (this.troubles.undeletable) job.state = 'DELETION_IN_PROGRESS';
      else this.#end(job);
      return { json: { name: `${parent}/operations/delete-${id}`, done: false } };
    }
    if (!ofTasks) return { json: shown(job) };
    return {
      json: {
        tasks: job.tasks.map(({ state, events }, index) => ({
          name: `${job.name}/taskGroups/group0/tasks/${index}`,
          status: { state, statusEvents: events.map((description) => ({ description })) },
        })),
      },
    };
  }

  #create(parent: string, id: string, body: Buffer): Answer {
    const request = JSON.parse(body.toString()) as JobRequest;
    const name = `${parent}/jobs/${id}`;
    const wrong = wrongIn(id, request, body.length);
    if (wrong) return invalid(wrong);
    if (this.jobs.has(name))
      return { status: 409, json: { error: { code: 409, message: 'It exists.', status: 'ALREADY_EXISTS' } } };
    const count = Number(request.taskGroups[0]?.taskCount);
    const tasks = Array.from({ length: count }, (): Task => ({ state: 'PENDING', attempts: 0, events: [] }));
    const job: FakeJob = { name, request, tasks, running: new Map(), events: [], state: 'QUEUED' };
    this.jobs.set(name, job);
    this.made.push(name);
    this.requests.push(request);
    if (this.troubles.queuedBecause) job.events.push(this.troubles.queuedBecause);
    else {
      job.state = 'RUNNING';
      setImmediate(() => this.#schedule(job));
    }
    return { json: shown(job) };
  }

  #end(job: FakeJob): void {
    this.jobs.delete(job.name);
    for (const [machine, child] of job.running) switchOff(machine, child);
  }

  #schedule(job: FakeJob): void {
    if (!this.jobs.has(job.name)) return;
    const [group] = job.request.taskGroups;
    const running = (): number => job.tasks.filter(({ state }) => state === 'RUNNING').length;
    for (const [index, task] of job.tasks.entries()) {
      if (task.state !== 'PENDING' || running() >= Number(group?.parallelism)) continue;
      task.state = 'RUNNING';
      task.attempts += 1;
      this.attempts += 1;
      const all = [...this.jobs.values()].flatMap(({ tasks }) => tasks);
      this.most = Math.max(this.most, all.filter(({ state }) => state === 'RUNNING').length);
      void this.#attempt(job, index).then((reason) => {
        if (reason !== undefined) task.events.push(reason);
        const again =
          task.attempts <= (group?.taskSpec.maxRetryCount ?? 0) && mayRetry(group?.taskSpec, reason);
        task.state = reason === undefined ? 'SUCCEEDED' : again ? 'PENDING' : 'FAILED';
        this.#schedule(job);
      });
    }
    if (job.tasks.every(({ state }) => state === 'SUCCEEDED')) job.state = 'SUCCEEDED';
    else if (job.tasks.every(({ state }) => state === 'SUCCEEDED' || state === 'FAILED'))
      job.state = 'FAILED';
  }

  /** Runs a task on its own machine. Resolves with why it failed. */
  async #attempt(job: FakeJob, index: number): Promise<string | undefined> {
    if (this.troubles.tooSlow) return 'Task state is updated from RUNNING to FAILED with exit code 50005.';
    if (this.troubles.endless) return new Promise(() => {});
    const spec = job.request.taskGroups[0]?.taskSpec;
    const [volume] = spec?.volumes ?? [];
    const directory = this.storage.pathOf(volume?.gcs.remotePath ?? '');
    if (this.runTask) {
      await this.runTask(directory, `${job.name.split('-').at(-1)}-${index}`);
      return undefined;
    }
    this.#machines += 1;
    const machine = join(this.#root, 'machines', String(this.#machines));
    await mkdir(join(machine, 'tmp'), { recursive: true });
    for (const { container, script } of spec?.runnables ?? []) {
      const image = container && join(this.#root, 'images', container.imageUri.replaceAll('/', '_'));
      if (image && !(await readdir(image).catch(() => undefined)))
        return `Task state is updated from RUNNING to FAILED with exit code 125: pulling ${container.imageUri} failed.`;
      if (!script) continue;
      const reason = await this.#script(
        job,
        index,
        machine,
        script.text.replaceAll(volume?.mountPath ?? '', directory),
      );
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  async #script(job: FakeJob, index: number, machine: string, text: string): Promise<string | undefined> {
    const child = spawn('sh', ['-c', text], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: `${join(this.#root, 'bin')}:/usr/bin:/bin`,
        TMPDIR: join(machine, 'tmp'),
        BATCH_TASK_INDEX: String(index),
        FAKE_MACHINE: machine,
        FAKE_IMAGES: join(this.#root, 'images'),
        FAKE_KIND: this.#kind,
      },
    });
    job.running.set(machine, child);
    let output = '';
    child.stderr.on('data', (bytes) => (output += bytes));
    const count = this.troubles.preempted?.get(index) ?? 0;
    if (count > 0) {
      this.troubles.preempted?.set(index, count - 1);
      while (!existsSync(join(machine, 'started'))) await sleep(10);
      switchOff(machine, child);
    }
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    job.running.delete(machine);
    if (code === null) return preempted;
    return code === 0
      ? undefined
      : `Task state is updated from RUNNING to FAILED with exit code ${code}: ${output.trim()}`;
  }
}

/** As the first lifecycle policy says about the exit code of a failed task. */
function mayRetry(spec: JobRequest['taskGroups'][number]['taskSpec'] | undefined, reason = ''): boolean {
  const [policy] = spec?.lifecyclePolicies ?? [];
  if (!policy) return true;
  const retryTask = 1;
  const listed = policy.actionCondition.exitCodes.includes(Number(/exit code (\d+)/.exec(reason)?.[1]));
  return listed === (policy.action === retryTask);
}

function shown({ name, request, state, tasks, events }: FakeJob): object {
  const counts: Record<string, string> = {};
  for (const { state } of tasks) counts[state] = String(Number(counts[state] ?? 0) + 1);
  const statusEvents = events.map((description) => ({ type: 'OPERATIONAL_INFO', description }));
  return { name, ...request, status: { state, statusEvents, taskGroups: { group0: { counts } } } };
}

function invalid(message: string): Answer {
  return { status: 400, json: { error: { code: 400, message, status: 'INVALID_ARGUMENT' } } };
}

/** Returns what Batch would refuse. */
function wrongIn(id: string, job: JobRequest, bytes: number): string | undefined {
  const unknown = strictFault('batch', 'Job', job);
  if (unknown !== undefined) return unknown;
  const { labels, taskGroups, allocationPolicy } = job;
  if (!/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(id)) return `The job ID "${id}" is not valid.`;
  if (bytes > 1024 * 1024) return 'The job is larger than 1 MiB.';
  if (Object.keys(labels).length > 64) return 'There are too many labels.';
  for (const [key, value] of Object.entries(labels))
    if (!/^[a-z][-_a-z0-9]{0,62}$/.test(key) || !/^[-_a-z0-9]{0,63}$/.test(value))
      return `The label ${key}: ${value} is not valid.`;
  const [group] = taskGroups;
  if (taskGroups.length !== 1 || !(Number(group?.taskCount) > 0) || !(Number(group?.parallelism) > 0))
    return 'There is not one group of tasks.';
  const { maxRetryCount, lifecyclePolicies = [] } = group?.taskSpec ?? { maxRetryCount: 0 };
  if (!(maxRetryCount <= 10)) return 'The maximum retry count is not between 0 and 10.';
  if (lifecyclePolicies.some(({ actionCondition }) => !(actionCondition.exitCodes.length > 0)))
    return 'A lifecycle policy has no exit codes.';
  for (const { network, subnetwork } of allocationPolicy.network?.networkInterfaces ?? [])
    if (!network && !subnetwork) return 'A network interface names neither a network nor a subnetwork.';
  return undefined;
}

/** Ends all that runs on a machine. A container is in its own process group. */
function switchOff(machine: string, script: ChildProcess): void {
  writeFileSync(join(machine, 'off'), '');
  const started = join(machine, 'started');
  const container = existsSync(started) ? Number(readFileSync(started, 'utf8')) : 0;
  for (const group of [script.pid ?? 0, container])
    try {
      if (group > 1) process.kill(-group, 'SIGKILL');
    } catch {
      // It has ended.
    }
}
