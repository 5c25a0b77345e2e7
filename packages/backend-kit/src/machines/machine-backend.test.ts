import { text } from 'node:stream/consumers';
import type { Sandbox, SandboxError } from '@cooperbench/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SandboxNeeds } from '../index.ts';
import { createBackend } from './acme.test.support.ts';
import { FakeAcme } from './fake-acme.test.support.ts';
import type { MachineBackend } from './machine-backend.ts';

let fake: FakeAcme;
let backend: MachineBackend;

beforeEach(async () => {
  fake = await FakeAcme.start();
  backend = createBackend(fake.options);
  backend.timings = { ...backend.timings, pollMs: 10, checkLostEveryMs: 20 };
});

/** After every test, nothing is left that an account would pay for. */
afterEach(async () => {
  await backend[Symbol.asyncDispose]();
  expect([...fake.machines.keys()]).toEqual([]);
  await fake[Symbol.asyncDispose]();
});

const create = (lifetimeMs = 60_000, needs: SandboxNeeds = {}): Promise<Sandbox> =>
  backend.create({
    ...needs,
    ...{ name: 'one', labels: { run: 'My run' }, image: 'registry.test/task:1', taskDir: '/no/such/task' },
    ...{ untrusted: true, lifetimeMs },
  });

const failure = async (work: PromiseLike<unknown>) => {
  const error = await work.then(
    () => expect.fail('nothing was thrown'),
    (thrown: unknown) => thrown as SandboxError,
  );
  return { code: error.code, message: error.message, hint: error.hint };
};

async function runScript(sandbox: Sandbox, script: string): Promise<string> {
  const process = await sandbox.exec(['sh', '-c', script], { cwd: '/' });
  const [output] = await Promise.all([text(process.stdout), text(process.stderr), process.wait()]);
  return output;
}

test('a machine is asked for with what its sandbox needs', async () => {
  const sandbox = await create(60_000, { cpus: 8, memoryMiB: 32_768 });
  expect([...fake.machines.values()]).toMatchObject([{ cpus: 8, memoryMiB: 32_768 }]);
  await sandbox[Symbol.asyncDispose]();
});

test('a sandbox is a container on a machine of its own, which is deleted with it', async () => {
  const sandbox = await create();
  expect(await runScript(sandbox, 'echo well')).toBe('well\n');
  const [machine] = [...fake.machines.values()];
  expect(machine).toMatchObject({
    name: sandbox.id,
    zone: 'north',
    labels: { cooperbench: 'sandbox', name: 'one', run: 'my_run' },
    sshUser: 'cooperbench',
    deleteAfterSeconds: 60 + 20 * 60,
  });
  expect(machine?.firstStart).toContain('iptables -I DOCKER-USER -i docker0 -d "$range" -j DROP');
  expect(JSON.stringify(machine)).not.toContain('PRIVATE KEY');
  await sandbox[Symbol.asyncDispose]();
  expect(fake.machines.size).toBe(0);
});

test('many commands at once share few connections, and keep their outputs and exit codes apart', async () => {
  const sandbox = await create();
  const commands = Array.from({ length: 20 }, async (_, index) => {
    const process = await sandbox.exec(['sh', '-c', `read -r word; echo "$word"; exit ${index}`], {
      cwd: '/',
    });
    const writer = process.stdin.getWriter();
    await writer.write(Buffer.from(`word ${index}\n`));
    await writer.close();
    return [await text(process.stdout), await process.wait()];
  });
  expect(await Promise.all(commands)).toEqual(commands.map((_, index) => [`word ${index}\n`, index]));
  expect(fake.connections.size).toBe(3);
});

test('a zone without room is passed over', async () => {
  fake.fullZones.add('north');
  await using sandbox = await create();
  expect(await runScript(sandbox, 'echo well')).toBe('well\n');
  expect(fake.asked).toEqual(['north', 'south']);
});

test("zones that are all full are named, with the provider's words", async () => {
  fake.fullZones.add('north').add('south');
  expect(await failure(create())).toEqual({
    code: 'MACHINE_CAPACITY',
    message: 'Acme has no room for a machine in north, south now: south is full.',
    hint: 'Try again later, or choose another zone.',
  });
});

test('a machine that does not start is given up, and deleted', async () => {
  fake.hostKey = null;
  backend.timings = { ...backend.timings, bootMs: 50 };
  expect(await failure(create())).toMatchObject({
    code: 'MACHINE_BOOT',
    message: expect.stringMatching(
      /^The machine cooperbench-\S+ has not started after 1 minutes: it said nothing\.$/,
    ),
  });
});

test('a machine that ends while it starts says why', async () => {
  fake.hostKey = null;
  backend.timings = { ...backend.timings, bootMs: 200 };
  const creating = failure(create());
  await expect.poll(() => fake.machines.size).toBe(1);
  fake.machines.clear();
  expect(await creating).toMatchObject({
    code: 'SANDBOX_LOST',
    message: expect.stringMatching(/^The machine \S+ was deleted from outside\.$/),
  });
});

test('a machine that ends after it has published its key gets no connection', async () => {
  fake.hostKey = null;
  const creating = failure(create());
  await expect.poll(() => fake.machines.size).toBe(1);
  for (const machine of fake.machines.values()) Object.assign(machine, { status: 'stopped', hostKey: 'a b' });
  expect(await creating).toMatchObject({
    code: 'SANDBOX_LOST',
    message: expect.stringMatching(/^The machine \S+ was stopped from outside\.$/),
  });
  expect(fake.connections.size).toBe(0);
});

test('a machine that is gone after it has published its key says so', async () => {
  fake.vanishing = true;
  expect(await failure(create())).toMatchObject({
    code: 'SANDBOX_LOST',
    message: expect.stringMatching(/^The machine \S+ was deleted from outside\.$/),
  });
});

test('a deletion that the provider has no time for is tried again', async () => {
  await using _ = await create();
  fake.refusals.push({ method: 'DELETE', status: 429, text: 'slow down' });
});

test('a machine that did not start, and whose deletion is refused, is deleted while the run lives', async () => {
  fake.hostKey = null;
  backend.timings = { ...backend.timings, bootMs: 50 };
  const { sandboxes } = backend as unknown as { sandboxes: { retryMs: number } };
  sandboxes.retryMs = 20;
  for (let count = 0; count < 2; count += 1)
    fake.refusals.push({ method: 'DELETE', status: 403, text: 'not you' });
  expect(await failure(create())).toMatchObject({ code: 'MACHINE_BOOT' });
  expect(fake.machines.size).toBe(1);
  await expect.poll(() => fake.machines.size).toBe(0);
});

test('a machine with another host key gets no command', async () => {
  fake.hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8pX0mHf3bXwG8G7mB1bq3hV6p2uZc1hJ4z1c1G0000';
  expect(await failure(create())).toMatchObject({
    code: 'MACHINE_HOST_KEY',
    message: 'Another machine answers at 127.0.0.1: its host key is not the expected one.',
  });
});

test.for(['stopped', 'deleted'] as const)(
  'a machine that is %s says so, to what runs and to what starts',
  async (way) => {
    const sandbox = await create();
    const process = await sandbox.exec(['sleep', '60'], { cwd: '/' });
    for (const machine of fake.machines.values()) machine.status = 'stopped';
    if (way === 'deleted') fake.machines.clear();
    for (const connection of fake.connections) connection.end();
    const expectedLoss = {
      code: 'SANDBOX_LOST',
      message: `The machine ${sandbox.id} was ${way} from outside.`,
    };
    expect(await failure(process.wait())).toMatchObject(expectedLoss);
    expect(await failure(sandbox.exec(['true']))).toMatchObject(expectedLoss);
    await expect(sandbox.exec(['true'])).rejects.toMatchObject({ fromOutside: true });
  },
);

test.for([
  [401, 'ACME_TOKEN', 'Acme refused the token: why', 'Set ACME_TOKEN.'],
  [403, 'ACME_TOKEN', 'Acme refused the token: why', 'Set ACME_TOKEN.'],
  [429, 'ACME_LIMIT', 'Acme has reached a limit: why', 'Lower --concurrency.'],
  [503, 'ACME_UNREACHABLE', 'Acme does not answer: why', undefined],
  [400, 'SANDBOX_CREATE', 'Could not make the sandbox one: why', undefined],
] as const)("the provider's answer %s is explained", async ([status, code, message, hint]) => {
  fake.refusals.push({ method: 'PUT', status, text: 'why' });
  expect(await failure(create())).toEqual({ code, message, hint });
});

test('clean deletes the machines of dead runs and no others', async () => {
  const kept = await create();
  const left = fake.machines.get((await create()).id);
  const dead = Buffer.from(JSON.stringify({ pid: 0, host: 'elsewhere' })).toString('hex');
  const labels = left?.labels ?? {};
  for (const key of Object.keys(labels)) if (key.startsWith('cooperbench-owner-')) delete labels[key];
  Object.assign(labels, { 'cooperbench-owner-0': dead, 'cooperbench-made-at': '1' });
  expect(await backend.clean()).toEqual([]);
  expect(await backend.clean({ elsewhereOlderThanMs: 1000 })).toEqual([left?.name]);
  expect([...fake.machines.keys()]).toEqual([kept.id]);
});
