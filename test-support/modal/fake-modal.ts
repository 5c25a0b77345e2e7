// This file has more than 250 lines, because it is one service, whose calls share its state.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type handleUnaryCall,
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceClientConstructor,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { BuildFailed, buildImage, type FakeImage, imageId, type Pull } from './images.ts';
import { copyImage, type Kind, type Machine, startMachine } from './machine.ts';
import { router } from './router.ts';
import { type Definition, type FakeSandbox, Refusal, type Tag } from './sandbox.ts';
import { StrictReader } from './strict.ts';

export interface Fault {
  /** Such as `SandboxCreateV2`. */
  readonly method: string;
  readonly code: number;
  readonly details?: string;
  /** The server asks the client to wait and repeat. */
  readonly retryAfterSecs?: number;
  /** How many calls fail. Absent means all. */
  times?: number;
  /** The call does its work, and its answer is lost. */
  readonly afterWork?: boolean;
}

/** Answers in the place of machines, for simulations. */
export interface Script {
  /** Before each call: takes its time, or refuses. */
  before(method: string, request: object): Promise<void>;
  machine(tags: readonly Tag[]): Machine;
}

const ended = {
  terminated: { status: 3 },
  timeout: { status: 4 },
  killedFromWithin: { status: 2, exitcode: 137 },
} as const;
const token = { id: 'ak-fake', secret: 'as-fake' } as const;
const allowedName = /^[A-Za-z0-9._-]{1,63}:[A-Za-z0-9._-]{1,63}$/;
const objectName = /^[A-Za-z0-9._-]{1,63}$/;
const idOf = { app: /^ap-./, image: /^im-./ } as const;
const allowedTag = /^[A-Za-z0-9._-]{1,63}$/;

/**
 * Modal's protocol on loopback, for the real SDK. It builds images and runs commands on this machine. `calls` counts what
 * was asked; `running` is what an account would be billed for.
 */
export class FakeModal implements AsyncDisposable {
  readonly kind: Kind;
  script: Script | undefined;
  /** Images that a registry has, by tag. */
  readonly registry = new Map<string, Pull>();
  /** Tags that need a registry secret. */
  readonly privateTags = new Set<string>();
  readonly secrets = new Set<string>();
  readonly faults: Fault[] = [];
  readonly calls = new Map<string, number>();
  /** The calls that change something, in order. */
  readonly changes: string[] = [];
  readonly apps = new Set<string>();
  readonly environments = new Set(['main']);
  readonly sandboxes = new Map<string, FakeSandbox>();
  /** IDs of named images, by environment and name. */
  readonly published = new Map<string, string>();
  /** What the builder was asked for, in order. */
  readonly builds: string[][] = [];
  /** What the server tells users, with every answer of the control plane. */
  warning: string | undefined;
  /** How old a sandbox must be for a list to have it. */
  hiddenMs = 0;
  /** Breaks streams of output after so many bytes each, so many times. */
  breakOutput: { afterBytes: number; times: number } | undefined;
  readonly #images = new Map<string, { done: Promise<FakeImage>; log: string[] }>();
  readonly #created = new Map<string, Promise<object>>();
  /** What requests have that the protocol does not. */
  readonly #faulty = new WeakMap<object, string>();
  readonly #server = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 });
  #root = '';
  #host = '127.0.0.1';
  #port = 0;
  #isSecure = false;

  private constructor(kind: Kind) {
    this.kind = kind;
  }

  /** With `tls`, the SDK must trust the certificate: `environment` says where it is. Needs openssl. */
  static async start(kind: Kind, { tls = false }: { readonly tls?: boolean } = {}): Promise<FakeModal> {
    const fake = new FakeModal(kind);
    fake.#root = await mkdtemp(join(tmpdir(), 'fake-modal-'));
    fake.#serve('modal.proto', 'modal.client', 'ModalClient', fake.#control());
    const sandboxOf = (taskId: string): FakeSandbox | undefined => {
      const sandbox = fake.sandboxes.get(`sb-${taskId.slice(3)}`);
      return sandbox?.result === undefined ? sandbox : undefined;
    };
    const breakAfter = (): number | undefined => {
      if (!fake.breakOutput || fake.breakOutput.times <= 0) return undefined;
      fake.breakOutput.times -= 1;
      return fake.breakOutput.afterBytes;
    };
    fake.#serve(
      'router.proto',
      'modal.task_command_router',
      'TaskCommandRouter',
      router(sandboxOf, breakAfter, (sandbox, snapshotId) => fake.#snapshot(sandbox, snapshotId)),
    );
    // With the usual address of this machine, the SDK uses no TLS.
    if (tls) fake.#host = '127.0.0.2';
    const secured = tls ? selfSigned(fake.#root, fake.#host) : ServerCredentials.createInsecure();
    fake.#isSecure = tls;
    fake.#port = await new Promise<number>((resolve, reject) =>
      fake.#server.bindAsync(`${fake.#host}:0`, secured, (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    return fake;
  }

  /** Returns what the SDK reads to find the fake. */
  get environment(): Record<string, string> {
    return {
      MODAL_SERVER_URL: `${this.#isSecure ? 'https' : 'http'}://${this.#host}:${this.#port}`,
      ...(this.#isSecure && { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: join(this.#root, 'certificate.pem') }),
      MODAL_TOKEN_ID: token.id,
      MODAL_TOKEN_SECRET: token.secret,
      MODAL_CONFIG_PATH: join(this.#root, 'modal.toml'),
      MODAL_ENVIRONMENT: '',
      MODAL_PROFILE: '',
    };
  }

  running(): FakeSandbox[] {
    return [...this.sandboxes.values()].filter(({ result }) => result === undefined);
  }

  /** Forgets faults and counts. */
  reset(): void {
    this.faults.length = 0;
    this.calls.clear();
    this.changes.length = 0;
    this.breakOutput = undefined;
    this.warning = undefined;
  }

  /** Ends a sandbox as Modal does: at its lifetime, because somebody stopped it, or because its first process was killed. */
  async end(sandbox: FakeSandbox, way: keyof typeof ended): Promise<void> {
    sandbox.result ??= ended[way];
    await sandbox.machine.end();
    await rm(join(this.#root, sandbox.id), { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    for (const sandbox of this.running()) await this.end(sandbox, 'terminated');
    await Promise.allSettled([...this.#images.values()].map(({ done }) => done));
    await rm(this.#root, { recursive: true, force: true });
  }

  #serve(file: string, pack: string, service: string, methods: Record<string, unknown>): void {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const packageDefinition = loadSync(path, { defaults: true, oneofs: true });
    const strict = new StrictReader(packageDefinition);
    let loaded: unknown = loadPackageDefinition(packageDefinition);
    for (const part of [...pack.split('.'), service]) loaded = (loaded as Record<string, unknown>)[part];
    const definition = (loaded as ServiceClientConstructor).service;
    for (const method of Object.values(definition)) {
      const deserialize = method.requestDeserialize;
      const name = `${pack}.${(method as unknown as Described).requestType.type.name}`;
      method.requestDeserialize = (bytes) => {
        const request = deserialize(bytes) as object;
        const fault = strict.fault(name, bytes);
        if (fault !== undefined) this.#faulty.set(request, fault);
        return request;
      };
    }
    const handlers = Object.entries(methods).map(([name, method]) => [
      name,
      this.#guarded(name, method as (call: never) => unknown, definition[name]?.responseStream ?? false),
    ]);
    this.#server.addService(definition, Object.fromEntries(handlers));
  }

  /** Counts calls, fails them as `faults` says, and turns what methods throw into statuses. */
  #guarded(name: string, method: (call: never) => unknown, streams: boolean) {
    const run = async (call: ServerUnaryCall<never, never>): Promise<unknown> => {
      this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
      const unknown = this.#faulty.get(call.request);
      if (unknown !== undefined) throw new Refusal(status.INVALID_ARGUMENT, unknown);
      if (changes(name, call.request)) this.changes.push(name);
      const fault = this.faults.find((one) => one.method === name && (one.times ?? 1) > 0);
      if (fault) {
        if (fault.times !== undefined) fault.times -= 1;
        if (fault.afterWork) await method(call as never);
        throw new Refusal(fault.code, fault.details ?? 'injected', fault.retryAfterSecs);
      }
      await this.script?.before(name, call.request);
      return method(call as never);
    };
    if (streams)
      return (call: ServerWritableStream<never, never>) =>
        void run(call as never).then(
          () => call.end(),
          (error: unknown) => call.emit('error', asStatus(error)),
        );
    const unary: handleUnaryCall<never, never> = (call, callback) =>
      void run(call).then(
        (answer) => callback(null, answer as never, this.#trailer()),
        (error: unknown) => callback(asStatus(error)),
      );
    return unary;
  }

  #trailer(): Metadata {
    const metadata = new Metadata();
    if (this.warning !== undefined) metadata.set('x-modal-warning', encodeURIComponent(this.warning));
    return metadata;
  }

  #control() {
    return {
      AuthTokenGet: async ({ metadata }: ServerUnaryCall<object, object>) => {
        const [id] = metadata.get('x-modal-token-id');
        const [secret] = metadata.get('x-modal-token-secret');
        if (id !== token.id || secret !== token.secret)
          throw new Refusal(status.UNAUTHENTICATED, 'Token ID is malformed or does not exist');
        return { token: jwt() };
      },
      AppGetOrCreate: async ({ request: { appName, ...request } }: Unary<AppRequest>) => {
        this.#checkEnvironment(request.environmentName);
        refuseUnless(objectName.test(appName), `Invalid name ${appName}`);
        if (creates(request)) this.apps.add(appName);
        if (!this.apps.has(appName)) throw new Refusal(status.NOT_FOUND, `App '${appName}' not found`);
        return { appId: `ap-${appName}` };
      },
      EnvironmentGetOrCreate: async ({ request: { deploymentName } }: Unary<{ deploymentName: string }>) => {
        const name = this.#checkEnvironment(deploymentName);
        const metadata = { name, settings: { imageBuilderVersion: '2025.06' } };
        return { environmentId: `en-${name}`, metadata };
      },
      SecretGetOrCreate: async ({ request }: Unary<{ deploymentName: string }>) => {
        if (!this.secrets.has(request.deploymentName))
          throw new Refusal(
            status.NOT_FOUND,
            `Secret '${request.deploymentName}' not found in environment 'main'`,
          );
        return { secretId: `st-${request.deploymentName}` };
      },
      ImageGetOrCreate: async ({ request }: Unary<ImageRequest>) => this.#imageGetOrCreate(request),
      ImageGetByTag: async ({ request }: Unary<NamedImageRequest>) => {
        const environment = this.#checkEnvironment(request.environmentName);
        const imageId = this.published.get(`${environment}/${request.tag}`);
        if (imageId === undefined) throw new Refusal(status.NOT_FOUND, `Image '${request.tag}' not found`);
        return { imageId };
      },
      ImagePublish: async ({ request }: Unary<NamedImageRequest & { imageId: string }>) => {
        const { imageId, tag } = request;
        if (!this.#images.has(imageId)) throw new Refusal(status.NOT_FOUND, `There is no image ${imageId}`);
        if (!allowedName.test(tag)) throw new Refusal(status.INVALID_ARGUMENT, `Invalid image name ${tag}`);
        this.published.set(`${this.#checkEnvironment(request.environmentName)}/${tag}`, imageId);
        return {};
      },
      ImageJoinStreaming: (call: ServerWritableStream<{ imageId: string }, object>) => this.#join(call),
      SandboxCreateV2: async ({ request, metadata }: Unary<CreateRequest>) => {
        // The SDK repeats a call with the same key.
        const key = String(metadata.get('x-idempotency-key')[0]);
        const created = this.#created.get(key) ?? this.#create(request);
        this.#created.set(key, created);
        return created;
      },
      SandboxGetCommandRouterAccess: async () => this.#access(),
      SandboxGetTaskIdV2: async ({ request }: Unary<IdRequest>) => ({ taskId: this.#find(request).taskId }),
      SandboxListV2: async ({ request }: Unary<ListRequest>) => ({ sandboxes: this.#list(request) }),
      SandboxTagsGetV2: async ({ request }: Unary<IdRequest>) => ({ tags: this.#find(request).tags }),
      SandboxTerminateV2: async ({ request }: Unary<IdRequest>) => {
        const sandbox = this.#find(request);
        const existingResult = sandbox.result;
        await this.end(sandbox, 'terminated');
        return existingResult ? { existingResult } : {};
      },
      SandboxWaitV2: async ({ request }: Unary<IdRequest>) => {
        const { result } = this.#find(request);
        return result ? { result } : {};
      },
    };
  }

  #checkEnvironment(name: string): string {
    const chosen = name || 'main';
    if (!this.environments.has(chosen))
      throw new Refusal(status.NOT_FOUND, `Environment '${chosen}' not found`);
    return chosen;
  }

  #find({ sandboxId }: IdRequest): FakeSandbox {
    const sandbox = this.sandboxes.get(sandboxId);
    if (!sandbox) throw new Refusal(status.NOT_FOUND, `Sandbox ${sandboxId} not found`);
    return sandbox;
  }

  #access() {
    return { jwt: jwt(), url: `https://${this.#host}:${this.#port}` };
  }

  #imageGetOrCreate({ image, forceBuild, appId, builderVersion }: ImageRequest): object {
    refuseUnless(idOf.app.test(appId), `Invalid app ID ${appId}`);
    refuseUnless(image.dockerfileCommands.length > 0, 'The image has no commands');
    const isVersion = /^\d{4}\.\d{2}$/.test(builderVersion);
    refuseUnless(isVersion, `Unknown image builder version ${JSON.stringify(builderVersion)}`);
    for (const { imageId } of image.baseImages)
      refuseUnless(idOf.image.test(imageId), `Invalid image ID ${imageId}`);
    const { dockerfileCommands: commands, baseImages, imageRegistryConfig } = image;
    const id = imageId({ commands, baseImages });
    const known = this.#images.get(id);
    if (known && !forceBuild && !this.#failedIds.has(id))
      return { imageId: id, ...(this.#builtIds.has(id) ? { result: { status: 1 } } : {}) };
    this.#builtIds.delete(id);
    this.#failedIds.delete(id);
    const tag = (commands[0] ?? '').replace(/^FROM /, '');
    const log: string[] = [];
    this.builds.push(commands);
    const build = async (): Promise<FakeImage> => {
      if (this.privateTags.has(tag) && !imageRegistryConfig?.secretId)
        throw new BuildFailed(`access to ${tag} is denied`);
      const base = await this.#images.get(baseImages[0]?.imageId ?? '')?.done;
      const place = { root: this.#root, kind: this.kind };
      await rm(join(this.#root, id), { recursive: true, force: true });
      const built = await buildImage(id, commands, { base, registry: this.registry }, place, (text) =>
        log.push(text),
      );
      this.#builtIds.add(id);
      return built;
    };
    const done = build();
    done.catch(() => this.#failedIds.add(id));
    this.#images.set(id, { done, log });
    return { imageId: id };
  }

  /** Returns a client that got no answer asks again, with the same id. */
  async #snapshot({ id, image }: FakeSandbox, snapshotId: string): Promise<{ imageId: string }> {
    const made = imageId({ snapshotId });
    if (!this.#images.has(made)) {
      const folder = join(this.#root, made);
      const copied = this.script ? Promise.resolve() : copyImage(join(this.#root, id), folder);
      const done = copied.then(() => ({ ...image, id: made, folder }));
      this.#images.set(made, { done, log: [] });
      this.#builtIds.add(made);
    }
    await this.#images.get(made)?.done;
    return { imageId: made };
  }

  readonly #builtIds = new Set<string>();
  readonly #failedIds = new Set<string>();

  async #join(call: ServerWritableStream<{ imageId: string }, object>): Promise<void> {
    const image = this.#images.get(call.request.imageId);
    if (!image) throw new Refusal(status.NOT_FOUND, 'There is no such image');
    const result = await image.done.then(
      () => ({ status: 1 }),
      (error: unknown) => {
        if (!(error instanceof BuildFailed)) throw error;
        return { status: 2, exception: error.message };
      },
    );
    call.write({ taskLogs: image.log.map((data) => ({ data })), entryId: '1-0' });
    call.write({ result, eof: true });
  }

  async #create({ appId, definition, tags }: CreateRequest): Promise<object> {
    const odd = tags.find(({ tagName, tagValue }) => !allowedTag.test(tagName) || !allowedTag.test(tagValue));
    refuseUnless(!odd, `Invalid tag ${odd?.tagName}: ${odd?.tagValue}`);
    refuseUnless(idOf.app.test(appId), `Invalid app ID ${appId}`);
    const { imageId, timeoutSecs, resources } = definition;
    refuseUnless(idOf.image.test(imageId), `Invalid image ID ${imageId}`);
    refuseUnless(timeoutSecs > 0 && timeoutSecs <= 86_400, `Invalid timeout of ${timeoutSecs} s`);
    const { memoryMb = 0, memoryMbMax = 0, milliCpu = 0, milliCpuMax = 0 } = resources ?? {};
    for (const [least, most] of [
      [memoryMb, memoryMbMax],
      [milliCpu, milliCpuMax],
    ] as const)
      refuseUnless(most === 0 || most >= least, `Invalid resources: the limit ${most} is below ${least}`);
    const image = await this.#images.get(definition.imageId)?.done;
    if (!image) throw new Refusal(status.FAILED_PRECONDITION, `There is no image ${definition.imageId}`);
    if (image.entrypoint.length > 0)
      throw new Refusal(status.FAILED_PRECONDITION, 'The entry point would run');
    const id = `sb-${randomBytes(13).toString('hex')}`;
    const folder = join(this.#root, id);
    if (!this.script) await copyImage(image.folder, folder);
    const machine = this.script?.machine(tags) ?? startMachine(this.kind, folder);
    const { promise: over, resolve } = Promise.withResolvers<undefined>();
    const end = machine.end;
    machine.end = async () => {
      resolve(undefined);
      await end();
    };
    const sandbox: FakeSandbox = {
      ...{
        id,
        taskId: `ta-${id.slice(3)}`,
        appId,
        // In microseconds, as Modal's: pages of the list begin after a time.
        createdAt: (performance.timeOrigin + performance.now()) / 1000,
        definition,
        tags,
        image,
        machine,
        over,
      },
      commands: new Map(),
      result: undefined,
    };
    this.sandboxes.set(id, sandbox);
    return { sandboxId: id, taskId: sandbox.taskId, commandRouterAccess: this.#access() };
  }

  #list({ appId, beforeTimestamp, tags }: ListRequest): object[] {
    return this.running()
      .filter(
        ({ createdAt }) => performance.timeOrigin + performance.now() - createdAt * 1000 >= this.hiddenMs,
      )
      .filter(
        (fakeSandbox) =>
          fakeSandbox.appId === appId && (beforeTimestamp === 0 || fakeSandbox.createdAt < beforeTimestamp),
      )
      .filter((fakeSandbox) =>
        tags.every((tag) =>
          fakeSandbox.tags.some(
            ({ tagName, tagValue }) => tagName === tag.tagName && tagValue === tag.tagValue,
          ),
        ),
      )
      .sort((left, right) => right.createdAt - left.createdAt)
      .slice(0, 2)
      .map(({ id, createdAt, tags }) => ({ id, createdAt, appId, tags }));
  }
}

function selfSigned(folder: string, host: string): ServerCredentials {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate];
  execFileSync(
    'openssl',
    [...words, '-days', '2', '-subj', '/CN=modal', '-addext', `subjectAltName=IP:${host}`],
    {
      stdio: 'ignore',
    },
  );
  const pair = { private_key: readFileSync(key), cert_chain: readFileSync(certificate) };
  return ServerCredentials.createSsl(null, [pair]);
}

/** A method as proto-loader describes it. */
interface Described {
  readonly requestType: { readonly type: { readonly name: string } };
}
type Unary<Request> = ServerUnaryCall<Request, object>;
interface GetOrCreateRequest {
  /** 1: create what is missing. */
  readonly objectCreationType?: number;
}
interface AppRequest extends GetOrCreateRequest {
  readonly appName: string;
  readonly environmentName: string;
}
interface IdRequest {
  readonly sandboxId: string;
}
interface ListRequest {
  readonly appId: string;
  readonly beforeTimestamp: number;
  readonly tags: readonly Tag[];
}
interface NamedImageRequest {
  readonly tag: string;
  readonly environmentName: string;
}
interface CreateRequest {
  readonly appId: string;
  readonly definition: Definition;
  readonly tags: readonly Tag[];
}
interface ImageRequest {
  readonly image: {
    readonly dockerfileCommands: string[];
    readonly baseImages: readonly { imageId: string }[];
    readonly imageRegistryConfig?: { secretId: string };
  };
  readonly forceBuild: boolean;
  readonly appId: string;
  readonly builderVersion: string;
}

function refuseUnless(holds: boolean, details: string): void {
  if (!holds) throw new Refusal(status.INVALID_ARGUMENT, details);
}

/** Calls that only look are `…Get`, `…List`, `…Wait` and `…Join`, or `…GetOrCreate` that does not create. */
function changes(method: string, request: object): boolean {
  if (/^(App|Environment|Secret)GetOrCreate$/.test(method)) return creates(request);
  return /(GetOrCreate|Create|Terminate|Start|Publish|SnapshotFilesystem)(V2)?$/.test(method);
}

function creates({ objectCreationType = 0 }: GetOrCreateRequest): boolean {
  return objectCreationType !== 0;
}

function jwt(): string {
  const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp: Math.floor(Date.now() / 1000) + 3600 })}.fake`;
}

function asStatus(error: unknown) {
  const { code, details = '', retryAfterSecs } = error as Partial<Refusal>;
  if (typeof code === 'number')
    return {
      code,
      details,
      ...(retryAfterSecs !== undefined && { metadata: retryAfter(code, retryAfterSecs) }),
    };
  return { code: status.INTERNAL, details: String((error as Error).stack) };
}

/** Modal's way to say how long to wait: a status with details, in the trailer. */
function retryAfter(code: number, retryAfterSecs: number): Metadata {
  const seconds = Buffer.alloc(5);
  seconds.writeUInt8(0x0d, 0);
  seconds.writeFloatLE(retryAfterSecs, 1);
  const field = (number: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const any = Buffer.concat([
    field(1, Buffer.from('type.googleapis.com/modal.client.RPCRetryPolicy')),
    field(2, seconds),
  ]);
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.concat([Buffer.from([0x08, code]), field(3, any)]));
  return metadata;
}
