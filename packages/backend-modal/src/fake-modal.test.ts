import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { FakeModal } from '@cooperbench/test-support/modal/fake-modal';
import { credentials, loadPackageDefinition, Metadata, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFake } from './modal.test.support.ts';

type Message = Readonly<Record<string, unknown>>;
let fake: FakeModal;
let call: (method: string, request: Message | Buffer) => Promise<Message>;

/** Returns a client that is not the SDK: it sends what the SDK's own checks would stop. */
beforeAll(async () => {
  fake = await startFake('plain');
  const proto = fileURLToPath(import.meta.resolve('@cooperbench/test-support/modal/modal.proto'));
  const { modal } = loadPackageDefinition(loadSync(proto, { defaults: true })) as unknown as {
    modal: { client: { ModalClient: ServiceClientConstructor } };
  };
  const client = new modal.client.ModalClient(
    new URL(String(fake.environment.MODAL_SERVER_URL)).host,
    credentials.createInsecure(),
  );
  call = (method, request) =>
    new Promise((resolve, reject) => {
      const definition = modal.client.ModalClient.service[method];
      if (!definition) throw new Error(method);
      const metadata = new Metadata();
      metadata.set('x-idempotency-key', randomUUID());
      client.makeUnaryRequest(
        definition.path,
        (message: Message | Buffer) =>
          Buffer.isBuffer(message) ? message : definition.requestSerialize(message),
        definition.responseDeserialize,
        request,
        metadata,
        (error, answer) => (error ? reject(error) : resolve(answer as Message)),
      );
    });
});
afterAll(() => fake[Symbol.asyncDispose]());

const definition = { imageId: 'im-1', timeoutSecs: 60, entrypointArgs: ['sleep', '60'] };
const create = { appId: 'ap-cooperbench', definition, tags: [] };
const definitionWith = (more: Message) => ({ ...create, definition: { ...definition, ...more } });

test.for<[string, string, Message | Buffer, string]>([
  [
    'a field that there is not',
    'AppGetOrCreate',
    Buffer.from([0xa2, 0x06, 0x01, 0x61]),
    'modal.client.AppGetOrCreateRequest has no field 100',
  ],
  [
    'such a field of a part',
    'SandboxCreateV2',
    Buffer.from([0x12, 0x03, 0x88, 0x06, 0x01]),
    'modal.client.Sandbox has no field 97',
  ],
  [
    'a value that an enum does not have',
    'SandboxCreateV2',
    definitionWith({ networkAccess: { networkAccessType: 9 } }),
    'modal.client.NetworkAccess.networkAccessType has no value 9',
  ],
  ['an app without the form of an ID', 'SandboxCreateV2', { ...create, appId: 'x' }, 'Invalid app ID x'],
  ['an image without it', 'SandboxCreateV2', definitionWith({ imageId: 'x' }), 'Invalid image ID x'],
  ['no time', 'SandboxCreateV2', definitionWith({ timeoutSecs: 0 }), 'Invalid timeout of 0 s'],
  [
    'more than a day',
    'SandboxCreateV2',
    definitionWith({ timeoutSecs: 86_401 }),
    'Invalid timeout of 86401 s',
  ],
  [
    'a limit below what is reserved',
    'SandboxCreateV2',
    definitionWith({ resources: { memoryMb: 2048, memoryMbMax: 1024 } }),
    'Invalid resources: the limit 1024 is below 2048',
  ],
  [
    'a tag with a space',
    'SandboxCreateV2',
    { ...create, tags: [{ tagName: 'a b', tagValue: 'c' }] },
    'Invalid tag a b: c',
  ],
  [
    'an app name with a space',
    'AppGetOrCreate',
    { appName: 'a b', objectCreationType: 1 },
    'Invalid name a b',
  ],
  [
    'an image without a command',
    'ImageGetOrCreate',
    { appId: 'ap-cooperbench', image: { dockerfileCommands: [] }, builderVersion: '2025.06' },
    'The image has no commands',
  ],
  [
    'an image without a version of the builder',
    'ImageGetOrCreate',
    { appId: 'ap-cooperbench', image: { dockerfileCommands: ['FROM x'] } },
    'Unknown image builder version ""',
  ],
])('the fake refuses %s', async ([, method, request, details]) => {
  await expect(call(method, request)).rejects.toMatchObject({ code: 3, details });
});

test('the fake refuses a request that is larger than the server takes', async () => {
  const appName = 'x'.repeat(4 * 1024 * 1024);
  await expect(call('AppGetOrCreate', { appName })).rejects.toMatchObject({ code: 8 });
});
