import { hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import type { Backend, Sandbox } from '../contracts/backend.ts';
import type { KeptJob } from '../contracts/jobs.ts';
import { keepSandboxes } from './keep-sandboxes.ts';

const jobOf = (key: string, change: Partial<KeptJob> = {}): KeptJob => ({
  ...{ id: `job ${key}`, key, isToKeep: () => true },
  spec: { name: key, labels: {}, image: 'x', taskDir: '/x', untrusted: false, lifetimeMs: 60_000 },
  program: 'read -r mark; echo "$mark ran"',
  files: new Map(),
  outputs: new Map(),
  timeoutMs: 60_000,
  ...change,
});

/** Keeps keys, not files. */
function keeper(keptKeys: Set<string>): Pick<Backend, 'create'> & Required<Pick<Backend, 'hasKept'>> {
  return {
    async create(): Promise<Sandbox> {
      return { ...(await hostSandbox()), keep: async (key) => void keptKeys.add(key) };
    },
    hasKept: async (source) => keptKeys.has(source.kept),
  };
}

const keep = async (
  backend: ReturnType<typeof keeper>,
  jobs: readonly KeptJob[],
): Promise<{ keys: string[]; notices: string[] }> => {
  const notices: string[] = [];
  const options = { concurrency: 2, onNotice: (text: string) => void notices.push(text) };
  return { keys: (await Array.fromAsync(keepSandboxes(backend, jobs, options))).sort(), notices };
};

test('a job runs once for each key, and only what its report says is kept', async () => {
  const keptKeys = new Set<string>();
  const ranNames: string[] = [];
  const jobs = ['a', 'b'].map((key) =>
    jobOf(key, {
      isToKeep({ id, markedLines }) {
        ranNames.push(`${id} ${markedLines}`);
        return key === 'a';
      },
    }),
  );
  expect(await keep(keeper(keptKeys), jobs)).toEqual({ keys: ['a'], notices: [] });
  expect([...keptKeys]).toEqual(['a']);
  expect(await keep(keeper(keptKeys), jobs)).toEqual({ keys: ['a'], notices: [] });
  expect(ranNames.sort()).toEqual(['job a ran', 'job b ran', 'job b ran']);
});

test('a sandbox that cannot be made or kept is a notice, and keeps no other from being kept', async () => {
  const backend = keeper(new Set());
  const create: Backend['create'] = async (spec) => {
    if (spec.name === 'a') throw new Error('no room left');
    const sandbox = await backend.create(spec);
    if (spec.name === 'c') return { ...sandbox, keep: async () => Promise.reject(new Error('no image')) };
    return sandbox;
  };
  const { keys, notices } = await keep(
    { ...backend, create },
    ['a', 'b', 'c'].map((key) => jobOf(key)),
  );
  expect(keys).toEqual(['b']);
  expect(notices.sort()).toEqual([
    'job a could not be kept, so tests begin with the image: no room left',
    'job c could not be kept, so tests begin with the image: no image',
  ]);
});

test('a backend that says it keeps nothing makes no sandbox', async () => {
  const create = async (): Promise<Sandbox> => expect.fail('a sandbox was made');
  const backend = { create, hasKept: async () => undefined };
  expect(await keep(backend, [jobOf('a')])).toEqual({ keys: [], notices: [] });
});
