import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { afterEach, expect, test, vi } from 'vitest';
import plugin from './index.ts';
import { chooseIsolation } from './isolation.ts';
import { LocalBackend } from './local-backend.ts';
import { bubblewrapTest, sampleSpec, sampleTask, sh, temporaryFolder } from './sample-task.test.support.ts';

afterEach(() => void vi.unstubAllEnvs());

const thrown = async (work: Promise<unknown>): Promise<ConfigError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!ConfigError.is(error)) throw new Error(`not a ConfigError: ${error}`);
  return error;
};

bubblewrapTest('with bubblewrap there is nothing to say', async () => {
  expect(await new LocalBackend().preflight({ untrusted: true })).toEqual([]);
});

test('without it one line says that nothing is isolated, and why', async () => {
  vi.stubEnv('PATH', '/nowhere');
  expect(await new LocalBackend().preflight({ untrusted: false })).toEqual([
    'The local backend runs sandboxes as plain processes, which isolates nothing: bubblewrap is not installed.',
  ]);
});

test('where it does not work the line says what it said', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'bwrap'), '#!/bin/sh\necho "bwrap: No permissions" >&2\nexit 1\n', {
    mode: 0o755,
  });
  vi.stubEnv('PATH', folder);
  expect(await new LocalBackend().preflight({ untrusted: false })).toEqual([
    'The local backend runs sandboxes as plain processes, which isolates nothing: bubblewrap does not work here (bwrap: No permissions).',
  ]);
});

test('root without the programs that switch users has no isolation', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'bwrap'), '#!/bin/sh\n', { mode: 0o755 });
  vi.stubEnv('PATH', folder);
  const host = { isRoot: true, findUserSwitch: () => undefined };
  expect(await chooseIsolation({}, host)).toEqual({
    kind: 'none',
    because: 'root also needs setpriv and prlimit (apt-get install util-linux)',
  });
  expect(await chooseIsolation({}, { ...host, isRoot: false })).toMatchObject({ kind: 'bubblewrap' });
});

bubblewrapTest('a model’s commands never share the host’s network unless the user says so', async () => {
  const message =
    "The local backend would give a model's commands the host's network, with every server on its loopback: the option network is set.";
  await using shared = new LocalBackend({ network: true });
  const spec = sampleSpec(sampleTask(), { untrusted: true });
  for (const work of [shared.preflight({ untrusted: true }), shared.create(spec)]) {
    const error = await thrown(work);
    expect([error.code, error.message]).toEqual(['LOCAL_NETWORK', message]);
    expect(error.hint).toBe(
      'Remove the option, use --backend docker, whose sandboxes cannot reach the host, or accept the risk with --unisolated.',
    );
  }
  expect(await shared.preflight({ untrusted: false })).toEqual([]);
  await using without = await shared.create({ ...spec, network: 'none' });
  expect(await sh(without, 'cat /proc/net/dev')).not.toMatch(/eth|ens|docker/);
  await using accepted = new LocalBackend({ network: true, unisolated: true });
  expect(await accepted.preflight({ untrusted: true })).toEqual([]);
});

test('untrusted work is refused without isolation, by preflight and by create', async () => {
  const backend = new LocalBackend({ isolation: 'none' });
  const spec = sampleSpec('/nowhere', { untrusted: true });
  for (const error of [
    await thrown(backend.preflight({ untrusted: true })),
    await thrown(backend.create(spec)),
  ]) {
    expect(error.code).toBe('LOCAL_UNISOLATED');
    expect(error.message).toBe(
      "The local backend would run a model's commands as plain processes of this machine: isolation is set to none.",
    );
    expect(error.hint).toBe(
      'Install bubblewrap (apt-get install bubblewrap), use --backend docker, or accept the risk with --unisolated.',
    );
  }
});

test('untrusted work is accepted without isolation when the user says so, and the line stays', async () => {
  const backend = new LocalBackend({ isolation: 'none', unisolated: true });
  expect(await backend.preflight({ untrusted: true })).toEqual([
    'The local backend runs sandboxes as plain processes, which isolates nothing: isolation is set to none.',
  ]);
});

test('bubblewrap that was asked for and is missing is a mistake in the configuration', async () => {
  vi.stubEnv('PATH', '/nowhere');
  const error = await thrown(new LocalBackend({ isolation: 'bubblewrap' }).preflight({ untrusted: false }));
  expect(error.code).toBe('LOCAL_BUBBLEWRAP');
  expect(error.message).toBe('isolation=bubblewrap requires bubblewrap, but bubblewrap is not installed.');
});

test('the plugin offers the backend as local and refuses options it does not know', async () => {
  expect(plugin()).toMatchObject({ name: '@cooperbench/backend-local', version: '0.0.0', apiVersion: 1 });
  const registry = createContainer([plugin()]).get(tokens.registry);
  const make = (options: unknown) => registry.make('backends', 'local', options);
  await expect(make({ isolation: 'some' })).rejects.toThrow(
    'The options of the backend "local" are not valid',
  );
  await expect(make({ memory: 1 })).rejects.toThrow('The options of the backend "local" are not valid');
  expect(await make({ network: true, tools: ['node'] })).toBeInstanceOf(LocalBackend);
});
