import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backend, ConfigError } from '@cooperbench/core';
import type { Registry } from '@cooperbench/core/host';
import { createContainer, tokens } from '@cooperbench/runs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { knownNames } from '../plugins/known-names.ts';
import {
  findFirstReadyBackend,
  withEvaluationBackend,
  withRunBackend,
  withRunBackends,
} from './default-backend.ts';

let home: string;
let lines: string[];
/** What the preflight of a backend says. If it is absent, it is ready. */
let faults: Partial<Record<string, string>>;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cooperbench-test-'));
  for (const name of ['MODAL_TOKEN_ID', 'MODAL_TOKEN_SECRET']) vi.stubEnv(name, '');
  vi.stubEnv('MODAL_CONFIG_PATH', join(home, '.modal.toml'));
  lines = [];
  faults = {};
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const tools = {
  signal: new AbortController().signal,
  onEvent: (event: { type: string; text?: string }) => void lines.push(String(event.text)),
};

function registryOf(...names: string[]): Registry {
  const create: Backend['create'] = () => Promise.reject(new Error('not here'));
  const preflight = async (name: string, untrusted: boolean): Promise<readonly string[]> => {
    if (name === 'modal') throw new Error('Nobody asks Modal before it is chosen.');
    if (name === 'local' && !untrusted) return [];
    const fault = faults[name];
    if (fault !== undefined) throw new ConfigError('NOT_READY', fault);
    return [];
  };
  const backends = names.map((name) => [
    name,
    {
      create: () => ({
        create,
        preflight: ({ untrusted }: { untrusted: boolean }) => preflight(name, untrusted),
      }),
    },
  ]);
  const plugin = { name: 'p', apiVersion: 1 as const, backends: Object.fromEntries(backends) };
  return createContainer([plugin], knownNames).get(tokens.registry);
}

const all = () => registryOf('docker', 'gcp', 'local', 'modal');
const task = (name: string, ...files: string[]): string => {
  const directory = join(home, name);
  mkdirSync(directory);
  for (const file of files) writeFileSync(join(directory, file), '');
  return directory;
};
const needed = (...taskDirs: string[]) => ({ taskDirs, untrusted: true });

test('a token for Modal chooses it, and asks nobody', async () => {
  writeFileSync(join(home, '.modal.toml'), '[default]\ntoken_id = "ak-1"\ntoken_secret = "as-1"\n');
  expect(await findFirstReadyBackend(all(), needed(), tools)).toMatchObject({ backend: 'modal' });
  expect(lines).toEqual([
    'The backend is modal, the first that is ready: a token is configured. --backend names another.',
  ]);
});

test('so does one in the environment, but no half of one', async () => {
  vi.stubEnv('MODAL_TOKEN_ID', 'ak-1');
  expect(await findFirstReadyBackend(all(), needed(), tools)).toMatchObject({ backend: 'docker' });
  vi.stubEnv('MODAL_TOKEN_SECRET', 'as-1');
  expect(await findFirstReadyBackend(all(), needed(), tools)).toMatchObject({ backend: 'modal' });
});

test('then comes a Docker daemon that answers', async () => {
  expect(await findFirstReadyBackend(all(), needed(), tools)).toMatchObject({ backend: 'docker' });
  expect(lines).toEqual([
    'The backend is docker, the first that is ready: a daemon answers (modal: no token is configured; cooperbench config modal says how). --backend names another.',
  ]);
});

test('then local, if it can isolate and every task can be set up without an image', async () => {
  faults.docker = 'No Docker daemon answers.\nconnect ENOENT';
  const good = task('good', 'setup.sh');
  expect(await findFirstReadyBackend(all(), needed(good), tools)).toMatchObject({ backend: 'local' });
  const bad = task('bad');
  await expect(findFirstReadyBackend(all(), needed(good, bad), tools)).rejects.toMatchObject({
    code: 'NO_BACKEND',
    message: `No backend is named, and none is ready.
modal: no token is configured; cooperbench config modal says how
docker: No Docker daemon answers.
local: it uses no images, and a task has no setup.sh, such as ${bad}`,
    hint: 'Make one of them ready, or name another with --backend.',
  });
});

test('an agent without a model needs no isolation', async () => {
  const registry = registryOf('local');
  faults.local = 'There is no bubblewrap.';
  expect(await findFirstReadyBackend(registry, { taskDirs: [], untrusted: false }, tools)).toMatchObject({
    backend: 'local',
  });
  await expect(findFirstReadyBackend(registry, needed(), tools)).rejects.toThrow(
    'modal: it is not installed\ndocker: it is not installed\nlocal: There is no bubblewrap.',
  );
});

const datasetDir = join(import.meta.dirname, '../../../../dataset');

test('a run keeps the backend that it recorded, under a name that does not depend on what is ready', async () => {
  const logsDir = join(home, 'logs');
  const options = { datasetDir, logsDir, subset: 'smoke', agent: 'oracle', autoEval: false };
  const first = await withRunBackend(all(), options, tools);
  expect(first).toMatchObject({ backend: 'docker' });
  const runName = String(first.runName);
  expect(runName).not.toContain('docker');
  const runDir = join(logsDir, runName);
  mkdirSync(runDir, { recursive: true });
  writeFileSync(join(runDir, 'config.json'), JSON.stringify({ backend: 'local' }));
  vi.stubEnv('MODAL_TOKEN_ID', 'ak-1');
  vi.stubEnv('MODAL_TOKEN_SECRET', 'as-1');
  expect(await withRunBackend(all(), options, tools)).toMatchObject({ backend: 'local', runName });
  const evaluation = { runName, logsDir, datasetDir };
  expect(await withEvaluationBackend(all(), evaluation, tools)).toEqual(evaluation);
  expect(lines).toHaveLength(1);
});

test('the runs of an experiment have one backend, also when it is resumed on another day', async () => {
  const logsDir = join(home, 'logs');
  const common = { datasetDir, logsDir, subset: 'smoke', agent: 'oracle', autoEval: false };
  const runs = [
    { ...common, runName: 'a' },
    { ...common, runName: 'b' },
    { ...common, backend: 'gcp' },
  ];
  const backendReason =
    'the first that is ready: a daemon answers (modal: no token is configured; cooperbench config modal says how)';
  const chosen = { backend: 'docker', backendReason };
  expect(await withRunBackends(all(), runs, tools)).toMatchObject([chosen, chosen, { backend: 'gcp' }]);
  expect(lines).toHaveLength(1);
  mkdirSync(join(logsDir, 'a'), { recursive: true });
  const record = { backend: 'docker', backend_reason: backendReason };
  writeFileSync(join(logsDir, 'a/config.json'), JSON.stringify(record));
  vi.stubEnv('MODAL_TOKEN_ID', 'ak-1');
  vi.stubEnv('MODAL_TOKEN_SECRET', 'as-1');
  expect(await withRunBackends(all(), runs, tools)).toMatchObject([chosen, chosen, { backend: 'gcp' }]);
  expect(lines).toHaveLength(1);
});

test('a run that is added to an experiment gets another backend when the recorded one is not ready', async () => {
  const logsDir = join(home, 'logs');
  const common = { datasetDir, logsDir, subset: 'smoke', agent: 'oracle', autoEval: false };
  mkdirSync(join(logsDir, 'a'), { recursive: true });
  const record = { backend: 'docker', backend_reason: 'the first that is ready: a daemon answers' };
  writeFileSync(join(logsDir, 'a/config.json'), JSON.stringify(record));
  faults.docker = 'No Docker daemon answers.';
  vi.stubEnv('MODAL_TOKEN_ID', 'ak-1');
  vi.stubEnv('MODAL_TOKEN_SECRET', 'as-1');
  const runs = [
    { ...common, runName: 'a' },
    { ...common, runName: 'b' },
  ];
  expect(await withRunBackends(all(), runs, tools)).toMatchObject([
    { backend: 'docker' },
    { backend: 'modal' },
  ]);
  expect(lines).toHaveLength(1);
});

test('a backend that is named is not looked for', async () => {
  const options = { backend: 'gcp' };
  expect(await withRunBackend(registryOf(), options, tools)).toBe(options);
  expect(lines).toEqual([]);
});
