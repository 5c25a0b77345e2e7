import { type Backend, ConfigError } from '@cooperbench/core';
import type { Registry } from '@cooperbench/core/host';
import { createContainer, tokens } from '@cooperbench/runs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { knownNames } from '../plugins/known-names.ts';
import { withReadyBackends } from './ready-backends.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const create: Backend['create'] = () => Promise.reject(new Error('not here'));

function registryOf(preflights: Readonly<Record<string, Backend['preflight']>>): Registry {
  const backends = Object.entries(preflights).map(([name, preflight]) => [
    name,
    { create: () => ({ create, ...(preflight && { preflight }) }) },
  ]);
  const plugin = { name: 'p', apiVersion: 1 as const, backends: Object.fromEntries(backends) };
  return createContainer([plugin], knownNames).get(tokens.registry);
}

async function hintFor(name: string, registry: Registry): Promise<string | undefined> {
  try {
    registry.get('backends', name);
  } catch (error) {
    const readyBackends = withReadyBackends(error, registry, () => undefined);
    await vi.advanceTimersByTimeAsync(3000);
    return ((await readyBackends) as ConfigError).hint;
  }
  return undefined;
}

const install = 'It is a package of this clone. Build it: npx -y pnpm@12 build.\n';

test('a backend that is not installed is answered with those that are ready, in time', async () => {
  const registry = registryOf({
    any: undefined,
    fine: async () => ['a warning'],
    hangs: () => new Promise(() => {}),
    refuses: () => Promise.reject(new ConfigError('NO', 'Not here.')),
    throws: () => {
      throw new Error('broken');
    },
  });
  expect(await hintFor('modal', registry)).toBe(`${install}Ready on this machine: any, fine.`);
});

test('where none is ready, doctor says why', async () => {
  expect(await hintFor('modal', registryOf({ hangs: () => new Promise(() => {}) }))).toBe(
    `${install}No installed backend is ready on this machine. Run cooperbench doctor to see why.`,
  );
});

test('a backend that refuses is answered with the others, and one that is ready is not to blame', async () => {
  const refusal = new ConfigError('FAR_TOKEN', 'The token is refused.', { hint: 'Create another.' });
  const registry = registryOf({ far: () => Promise.reject(refusal), fine: undefined });
  const hintOf = async (error: ConfigError): Promise<string | undefined> =>
    ((await withReadyBackends(error, registry, () => undefined)) as ConfigError).hint;
  expect(await hintOf(refusal)).toBe('Create another.\nReady on this machine: fine.');
  expect(await hintOf(new ConfigError('FINE_IMAGE', 'There is no such image.'))).toBeUndefined();
  expect(await hintOf(new ConfigError('RUN_NAME', 'No name.'))).toBeUndefined();
});

test('the codes of a backend whose name has a dash begin with its words', async () => {
  const refusal = new ConfigError('MY_CLUSTER_TOKEN', 'The token is refused.');
  const refuse = () => Promise.reject(refusal);
  const registry = registryOf({ fine: undefined, my: undefined, 'my-cluster': refuse });
  const { hint } = (await withReadyBackends(refusal, registry, () => undefined)) as ConfigError;
  expect(hint).toBe('Ready on this machine: fine, my.');
});

test('a name that nobody knows is answered with the nearest one alone', async () => {
  expect(await hintFor('dokcer', registryOf({ docker: undefined }))).toBe('Did you mean "docker"?');
});
