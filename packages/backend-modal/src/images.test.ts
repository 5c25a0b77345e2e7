import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageProgress } from '@cooperbench/core';
import type { FakeModal } from '@cooperbench/test-support/modal/fake-modal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { specOf, startFake } from './modal.test.support.ts';
import { ModalBackend } from './modal-backend.ts';

let fake: FakeModal;
const taskDir = mkdtempSync(join(tmpdir(), 'modal-task-'));
const backends: ModalBackend[] = [];
const backendWith = (options = {}): ModalBackend => {
  const backend = new ModalBackend(options);
  backends.push(backend);
  return backend;
};

beforeAll(async () => {
  fake = await startFake('plain');
  mkdirSync(join(taskDir, 'feature1'));
  mkdirSync(join(taskDir, 'repo/src'), { recursive: true });
  writeFileSync(join(taskDir, 'repo/src/a.txt'), 'a\n');
  writeFileSync(join(taskDir, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(taskDir, 'feature1/tests.patch'), 'hidden');
});

afterAll(async () => {
  for (const backend of backends) await backend[Symbol.asyncDispose]();
  expect(fake.running()).toEqual([]);
  await fake[Symbol.asyncDispose]();
  rmSync(taskDir, { recursive: true });
});

const readOutput = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => expect.fail('nothing was thrown'),
    ({ code, message }) => `${code}: ${message}`,
  );

test('a registry image is made once, without its entry point and with a folder for patches', async () => {
  const backend = backendWith();
  const made = await Promise.all([backend.prepare(specOf()), backend.prepare(specOf())]);
  expect(made.map((preparedImage) => preparedImage.made).sort()).toEqual([false, true]);
  expect(fake.builds.slice(-2)).toEqual([
    ['FROM registry.test/task:1'],
    ['FROM base', "RUN mkdir -p '/patches'", 'ENTRYPOINT []'],
  ]);
  expect((await backendWith().prepare(specOf())).made).toBe(false);
  expect((await backendWith().prepare(specOf(), { force: true })).made).toBe(true);
});

test("a Dockerfile's files become commands, and hidden tests none", async () => {
  fake.registry.set('base:9', async () => {});
  writeFileSync(
    join(taskDir, 'Dockerfile'),
    '# comment\nARG BASE\nFROM ${BASE}\nCOPY repo run.sh /tmp/made/\nRUN ls -R /tmp/made \\\n && test -x /tmp/made/run.sh\nLABEL a=b\nVOLUME /data\nUSER 1\nCMD ["x"]\n',
  );
  const steps: ImageProgress[] = [];
  const backend = backendWith({ baseImage: 'base:9' });
  const spec = { image: 'cooperbench-sample/x:task1', taskDir };
  await backend.prepare(spec, { onProgress: (step) => steps.push(step) });
  const commands = fake.builds.at(-1) ?? [];
  expect(commands.map((command) => command.split(' ')[0])).toEqual([
    'FROM',
    'RUN',
    'RUN',
    'RUN',
    'RUN',
    'ENTRYPOINT',
  ]);
  expect(commands[3]).toBe('RUN ls -R /tmp/made  && test -x /tmp/made/run.sh');
  expect(steps[0]).toMatchObject({ image: spec.image, phase: 'build', state: 'running' });
  expect(steps.at(-1)).toMatchObject({ state: 'ready' });
});

test.for([
  ['FROM a\nFROM b\n', 'it has several stages'],
  [
    'FROM a\nCOPY feature1/tests.patch /x\n',
    'COPY names feature1/tests.patch, which is not a source of the task',
  ],
  ['FROM a\nCOPY ../other /x\n', 'COPY names ../other, which is not a source of the task'],
  ['FROM a\nCOPY --chown=1 repo /x\n', 'it has COPY with --chown=1'],
  ['RUN true\n', 'it has no FROM'],
])('a Dockerfile that Modal cannot build is refused: %j', async ([text = '', reason]) => {
  writeFileSync(join(taskDir, 'Dockerfile'), text);
  const work = backendWith({ build: true }).prepare({ image: 'any', taskDir });
  expect(await readOutput(work)).toBe(
    `SANDBOX_DOCKERFILE: ${join(taskDir, 'Dockerfile')} cannot be built on Modal: ${reason}.`,
  );
});

test('a build that fails shows its last lines', async () => {
  writeFileSync(join(taskDir, 'Dockerfile'), 'FROM base:9\nRUN echo no such luck; exit 3\n');
  const message = await readOutput(backendWith({ build: true }).prepare({ image: 'any', taskDir }));
  expect(message).toMatch(/^MODAL_IMAGE: Modal could not make any\. The build's last lines:\n/);
  expect(message).toContain('\nno such luck\n');
  expect(message).toContain('returned 3');
});

test('an image that the registry does not give out says so, and a secret opens it', async () => {
  fake.registry.set('private:1', async () => {});
  fake.privateTags.add('private:1');
  const source = { image: 'private:1', taskDir: '/no/such/task' };
  expect(await readOutput(backendWith().prepare(source))).toContain('access to private:1 is denied');
  const withSecret = backendWith({ registrySecret: 'hub' });
  expect(await readOutput(withSecret.prepare(source))).toContain("Secret 'hub' not found");
  fake.secrets.add('hub');
  expect((await withSecret.prepare(source)).made).toBe(true);
});

test('layers are commands over the image, built once', async () => {
  const backend = backendWith();
  const layers = [{ key: 'tool-1', install: 'true', check: 'test 1 = 1' }];
  await using sandbox = await backend.create(specOf({ layers }));
  await using two = await backend.create(specOf({ layers }));
  expect(sandbox.origin).toEqual(two.origin);
  const command = '["/bin/sh","-ec","true"]';
  expect(fake.builds.filter((commands) => commands.includes(`RUN ${command}`))).toHaveLength(1);
  const ahead = specOf({ layers: [{ key: 'ahead-1', install: 'true', check: ':' }] });
  expect([(await backend.prepare(ahead)).made, (await backend.prepare(ahead)).made]).toEqual([true, false]);
  const brokenFiles = [{ key: 'tool-2', install: 'true', check: 'echo broken; exit 1' }];
  expect(await readOutput(backend.create(specOf({ layers: brokenFiles })))).toMatch(
    /^SANDBOX_LAYER: tool-2 could not be added to the task's image\. The build's last lines:\n[\s\S]*broken/,
  );
});

test('what a sandbox needs reaches Modal, unless an option gives less', async () => {
  const backend = backendWith({});
  await using sandbox = await backend.create(specOf({ cpus: 6, memoryMiB: 5000 }));
  expect(fake.sandboxes.get(sandbox.id)?.definition).toMatchObject({
    resources: { milliCpu: 3000, memoryMb: 5000 },
  });
  await using less = await backend.create(specOf({ cpus: 1, memoryMiB: 64 }));
  expect(fake.sandboxes.get(less.id)?.definition).toMatchObject({
    resources: { milliCpu: 1000, memoryMb: 2048 },
  });
  expect(await readOutput(backendWith({ cpu: 1 }).create(specOf({ cpus: 4 })))).toBe(
    'SANDBOX_RESOURCES: The sandbox needs 4 processors, but the option modal.cpu gives 2.',
  );
});

test('options and labels reach Modal', async () => {
  const backend = backendWith({
    cpu: 2,
    memoryMiB: 4096,
    memoryLimitMiB: 8192,
    region: 'eu',
    cloud: 'aws',
    network: 'none',
  });
  const labels = { run: 'my run', trial: 'coop/a/1/f1_f2', seat: 'agent1' };
  await using sandbox = await backend.create(specOf({ name: 'one', labels, lifetimeMs: 90_500 }));
  const fakeSandbox = fake.sandboxes.get(sandbox.id);
  expect(fakeSandbox?.definition).toMatchObject({
    timeoutSecs: 211,
    resources: { milliCpu: 2000, memoryMb: 4096, memoryMbMax: 8192 },
    schedulerPlacement: { regions: ['eu'] },
    networkAccess: { networkAccessType: 2 },
    cloudProviderStr: 'aws',
  });
  const tags = Object.fromEntries(
    fakeSandbox?.tags.map(({ tagName, tagValue }) => [tagName, tagValue]) ?? [],
  );
  expect(tags).toMatchObject({
    name: 'one',
    run: 'my_run',
    trial: 'coop_a_1_f1_f2',
    seat: 'agent1',
    cooperbench: 'sandbox',
  });
});

test('clean terminates the sandboxes of dead runs and no others', async () => {
  const backend = backendWith();
  const kept = await backend.create(specOf());
  const left = await Promise.all([1, 2, 3].map(() => backend.create(specOf())));
  const dead = Buffer.from(JSON.stringify({ pid: 0, host: 'elsewhere' })).toString('hex');
  for (const { id } of left) {
    const fakeSandbox = fake.sandboxes.get(id);
    if (fakeSandbox)
      fake.sandboxes.set(id, {
        ...fakeSandbox,
        tags: [
          { tagName: 'cooperbench', tagValue: 'sandbox' },
          { tagName: 'cooperbench-owner-0', tagValue: dead },
          { tagName: 'cooperbench-made-at', tagValue: '1' },
        ],
      });
  }
  expect(await backend.clean()).toEqual([]);
  expect([...(await backend.clean({ elsewhereOlderThanMs: 1000 }))].sort()).toEqual(
    left.map(({ id }) => id).sort(),
  );
  expect(fake.running().map(({ id }) => id)).toContain(kept.id);
});
