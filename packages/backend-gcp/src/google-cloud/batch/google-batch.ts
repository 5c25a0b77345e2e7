import { readFileSync } from 'node:fs';
import {
  type BatchEngine,
  type BatchRequest,
  type BatchState,
  getTaskScript,
  isSampleImage,
  plainLabels,
  plainMark,
  privateRanges,
  readPlainLabels,
} from '@cooperbench/backend-kit';
import { CooperBenchError, type ImageOptions, imageDefaults, SandboxError } from '@cooperbench/core';
import { BatchServiceClient, type protos } from '@google-cloud/batch';
import { Storage } from '@google-cloud/storage';
import type { Account } from '../account.ts';
import { faults } from '../faults.ts';
import { chooseMachineType } from '../machine-type.ts';
import { parseRestError } from './rest-error.ts';
import { SessionBucket } from './session-bucket.ts';

type ClientOptions = NonNullable<ConstructorParameters<typeof BatchServiceClient>[0]>;
type Job = protos.google.cloud.batch.v1.IJob;

const sessionLabel = 'cooperbench-session';
/** gRPC's code, and HTTP's status. */
const alreadyExists: readonly unknown[] = [6, 409];
const endStates = ['SUCCEEDED', 'FAILED', 'CANCELLED'];
const mountPath = '/mnt/disks/cooperbench';
/** How often a task runs again whose machine was lost, or could not pull the image. */
const maxRetryCount = 3;
/** Batch's own exit code for a task that took too long, which would take as long again. */
const tookTooLong = { action: 'FAIL_TASK' as const, actionCondition: { exitCodes: [50005] } };
/** The time of a task besides its program: pulling the image, copying files. */
const aroundMs = 30 * 60_000;
const protect = readFileSync(new URL('../../../src/google-cloud/batch/protect.sh', import.meta.url), 'utf8');
const keepAway = `private_ranges='${privateRanges.join(' ')}'\n${protect}`;

/** Where evaluations run, and what their machines are. */
export interface BatchOptions extends Pick<ImageOptions, 'workdir' | 'patchesDir'> {
  /** Made in the region when it does not exist. */
  readonly bucket: string;
  readonly region: string;
  readonly zones: readonly string[];
  readonly machineType?: string | undefined;
  readonly diskGiB: number;
  /** Default: false. */
  readonly spot?: boolean;
  /** The network of the containers: the internet, or none. Default: `open`. */
  readonly network?: 'open' | 'none';
  /** Default: the one of the network `default`. */
  readonly subnetwork?: string;
  /** E-mail address. Default: the project's for Compute Engine. */
  readonly serviceAccount?: string;
  readonly publicAddress: boolean;
}

/** Google Batch, with a bucket. */
export class GoogleBatch implements BatchEngine {
  pollMs = 5000;
  giveUpAfterMs: number = 30 * 60_000;
  endMs = 60_000;
  readonly objects: SessionBucket;
  readonly #client: BatchServiceClient;
  readonly #options: BatchOptions;
  readonly #project: string;
  readonly #parent: string;

  constructor(account: Account, options: BatchOptions) {
    const { bucket, region } = options;
    const { protocol, apiEndpoint: host, port, ...connection } = account.connectionTo('storage');
    const server = host === undefined ? {} : { apiEndpoint: `${protocol}://${host}:${port}` };
    this.objects = new SessionBucket(new Storage({ ...connection, ...server }), bucket, region);
    // Its types are those of another version of the credentials.
    const { authClient, ...plain } = account.connectionTo('batch');
    const auth = authClient as unknown as ClientOptions['authClient'];
    this.#client = new BatchServiceClient({ ...plain, ...(auth && { authClient: auth }), fallback: true });
    this.#options = options;
    this.#project = account.project;
    this.#parent = `projects/${account.project}/locations/${region}`;
  }

  async submit(session: string, batch: BatchRequest): Promise<void> {
    if (isSampleImage(batch.image))
      throw new SandboxError('GCP_IMAGE', `Google Batch cannot pull ${batch.image}: it is in no registry.`, {
        hint: 'Leave out the option "bucket" to evaluate on VMs.',
      });
    const request = {
      parent: this.#parent,
      jobId: getIdOf(session, batch.name),
      job: this.#buildJob(session, batch),
    };
    await this.#client.createJob(request).catch((error: unknown) => {
      if (!alreadyExists.includes(parseRestError(error).code)) throw error;
    });
  }

  async batches(session?: string): Promise<BatchState[]> {
    const label = session === undefined ? plainMark : { [sessionLabel]: session };
    const filter = Object.entries(label).map(([key, value]) => `labels."${key}" = "${value}"`);
    const [jobs] = await this.#client.listJobs({ parent: this.#parent, filter: filter.join(' AND ') });
    return jobs.map(({ name, labels, status, taskGroups }) => ({
      session: labels?.[sessionLabel] ?? '',
      name: name?.split('-').at(-1) ?? '',
      ...readPlainLabels(labels ?? {}),
      parallelism: Number(taskGroups?.[0]?.parallelism),
      over: endStates.includes(String(status?.state)),
      progress: JSON.stringify([status?.state, status?.taskGroups?.group0?.counts]),
      troubles: (status?.statusEvents ?? []).flatMap(({ description }) =>
        this.#listTroubles(description ?? ''),
      ),
    }));
  }

  async failures(session: string, batch: string): Promise<Map<number, string>> {
    const name = this.#nameOf(session, batch);
    const [{ status }] = await this.#client.getJob({ name });
    const reasons = new Map([[-1, `Google Batch: ${status?.statusEvents?.at(-1)?.description}`]]);
    const [tasks] = await this.#client.listTasks({ parent: `${name}/taskGroups/group0` });
    for (const task of tasks) {
      const description = task.status?.statusEvents?.at(-1)?.description;
      if (description) reasons.set(Number(task.name?.split('/').at(-1)), `Google Batch: ${description}`);
    }
    return reasons;
  }

  async stop(session: string, batch: string): Promise<void> {
    await this.#client.deleteJob({ name: this.#nameOf(session, batch) }).catch((error: unknown) => {
      if (!faults.isNotFound(error)) throw error;
    });
  }

  errorOf(error: unknown): CooperBenchError {
    const knownError = CooperBenchError.is(error) ? error : parseRestError(error);
    return faults.inRun(knownError, 'GCP_REFUSED', 'Google Cloud refused');
  }

  #nameOf(session: string, batch: string): string {
    return `${this.#parent}/jobs/${getIdOf(session, batch)}`;
  }

  #buildJob(session: string, { run, tasks, parallelism, timeoutMs, ...batch }: BatchRequest): Job {
    const { diskGiB, spot, zones, region, network, subnetwork, serviceAccount } = this.#options;
    const { patchesDir = imageDefaults.patchesDir, workdir = imageDefaults.workdir } = this.#options;
    const machineType = chooseMachineType(batch, this.#options.machineType);
    const text = getTaskScript({
      batch: batch.name,
      image: batch.image,
      program: batch.program,
      stepProgram: batch.stepProgram,
      input: patchesDir,
      repo: workdir,
      objects: mountPath,
      index: '$BATCH_TASK_INDEX',
      protect: keepAway,
      network: [network, batch.network].includes('none') ? 'none' : 'bridge',
    });
    const noExternalIpAddress = !this.#options.publicAddress;
    const networkInterface = {
      ...(subnetwork === undefined && { network: `projects/${this.#project}/global/networks/default` }),
      subnetwork: `projects/${this.#project}/regions/${region}/subnetworks/${subnetwork ?? 'default'}`,
      noExternalIpAddress,
    };
    // Without it, Batch takes the network "default" and gives public addresses.
    const ownNetwork = subnetwork !== undefined || noExternalIpAddress;
    const label = { [sessionLabel]: session };
    const taskSpec = {
      // The first pulls the image, with Batch's access to registries.
      runnables: [{ container: { imageUri: batch.image, entrypoint: 'true' } }, { script: { text } }],
      computeResource: { cpuMilli: 1000, memoryMib: 1024 },
      volumes: [
        { gcs: { remotePath: this.objects.pathOf(session) }, mountPath, mountOptions: ['--implicit-dirs'] },
      ],
      maxRetryCount,
      lifecyclePolicies: [tookTooLong],
      maxRunDuration: { seconds: Math.ceil((timeoutMs + aroundMs) / 1000) },
    };
    // The script needs Docker, which is part of Container-Optimized OS. Batch's default for scripts is Debian.
    const bootDisk = { sizeGb: diskGiB, image: 'batch-cos' };
    return {
      labels: { ...plainLabels({ name: getIdOf(session, batch.name), labels: { run } }), ...label },
      taskGroups: [{ taskCount: tasks, parallelism, taskCountPerNode: 1, taskSpec }],
      allocationPolicy: {
        location: { allowedLocations: [`regions/${region}`, ...zones.map((zone) => `zones/${zone}`)] },
        instances: [{ policy: { machineType, provisioningModel: spot ? 'SPOT' : 'STANDARD', bootDisk } }],
        labels: label,
        ...(serviceAccount && { serviceAccount: { email: serviceAccount } }),
        ...(ownNetwork && { network: { networkInterfaces: [networkInterface] } }),
      },
      logsPolicy: { destination: 'CLOUD_LOGGING' },
    };
  }

  #listTroubles(event: string): string[] {
    const [, quota] = /Quota(?:: | ')([A-Z][\w-]+)/.exec(event) ?? [];
    const link = `https://console.cloud.google.com/iam-admin/quotas?project=${this.#project}`;
    if (quota) return [`Google Batch waits for the quota ${quota}. Raise it: ${link}`];
    const [, code, text] = /Batch Error: code - (\w+), description - (.*)/s.exec(event) ?? [];
    return code ? [`Google Batch cannot start a machine (${code}): ${text}`] : [];
  }
}

function getIdOf(session: string, batch: string): string {
  return `cooperbench-${session}-${batch}`;
}
