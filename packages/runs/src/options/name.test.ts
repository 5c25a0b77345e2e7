import { checkName } from '@cooperbench/records';
import { describe, expect, test } from 'vitest';
import { computeIdentityHash, listDifferences, type RunIdentity } from './identity.ts';
import { generateName, type NameParts } from './name.ts';

const identity: RunIdentity = {
  agent: 'mini_swe_agent',
  model: 'gpt-4o',
  seats: null,
  prices: null,
  max_cost: 3,
  max_steps: 100,
  timeout_seconds: 3600,
  barrier: null,
  channels: null,
  network: null,
  registries: null,
  base_url: null,
  agent_config: null,
  agent_options: null,
  setting_options: null,
  channel_options: null,
  dataset_revision: 'r',
};
const channels = (open: readonly string[], own: readonly string[]): NameParts['channels'] => ({
  ...{ open, own },
  carriesMessages: (name) => name === 'messages',
});
const name = (
  parts: Partial<Omit<NameParts, 'identity'>> = {},
  overrides: Partial<RunIdentity> = {},
): string =>
  generateName({
    setting: 'coop',
    agents: ['msa'],
    models: ['gpt-4o'],
    channels: channels(['messages'], ['messages']),
    ...parts,
    identity: { ...identity, ...overrides },
  });

describe('a generated name', () => {
  test.for<[string, string]>([
    ['coop-msa-gpt-4o', name()],
    ['solo-msa-gpt-4o-lite', name({ setting: 'solo', subset: 'lite', channels: channels([], []) })],
    ['coop-msa-git-gpt-4o', name({ channels: channels(['messages', 'git'], ['messages']) })],
    ['coop-msa-nomsg-gpt-4o', name({ channels: channels([], ['messages']) })],
    ['coop-msa-tasks-gpt-4o', name({ channels: channels(['messages', 'tasks'], ['messages']) })],
    [
      'coop-msa-gemini-3-flash-docker',
      name({ backend: 'docker', models: ['vertex_ai/gemini-3-flash-preview'] }),
    ],
    ['coop-oracle-smoke', name({ agents: ['oracle'], models: [], subset: 'smoke' })],
    ['coop-msa-oh-gpt-5-claude-4', name({ agents: ['msa', 'oh'], models: ['openai/gpt-5', 'claude-4'] })],
    ['coop-msa-a-b-c-2-more', name({ models: ['a', 'x/b', 'c', 'd', 'e'] })],
    ['coop-msa-gpt-4o-dspy-8394-f1_f2', name({ repo: 'dspy_task', taskId: 8394, features: [1, 2] })],
  ])('%s', ([expected, actual]) => {
    expect(actual).toBe(expected);
  });

  test('differs when anything that identifies the run differs', () => {
    const names = [
      name(),
      name({}, { max_cost: 1 }),
      name({}, { max_cost: 2 }),
      name({}, { max_steps: 5 }),
      name({}, { timeout_seconds: 60 }),
      name({}, { network: 'registries' }),
      name({}, { registries: ['mirror.example.org'] }),
      name({}, { base_url: 'http://localhost:8000' }),
      name({}, { agent_config: 'abc' }),
      name({}, { seats: { agent2: { model: 'gpt-5' } } }),
      name({}, { channel_faults: { messages: { drop: 0.1 } } }),
      name({}, { channel_faults: { messages: { drop: 0.2 } } }),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(names[1]).toMatch(/^coop-msa-gpt-4o-[0-9a-f]{6}$/);
    expect(name({}, { max_cost: 1 })).toBe(names[1]);
  });

  test.for(['../x', '', '.hidden', 'a/b', 'a b', 'x'.repeat(300)])('%j is refused as a name', (bad) => {
    expect(() => checkName(bad)).toThrow(`"${bad}" cannot be the name of a run.`);
  });
});

describe('identity', () => {
  test('hashes every part of it', () => {
    const hashes = [
      identity,
      { ...identity, model: 'x' },
      { ...identity, seats: { agent1: { model: 'x' } } },
      { ...identity, seats: { agent1: { model: 'y' } } },
      { ...identity, agent_options: { a: { deep: { x: 1 } } } },
      { ...identity, agent_options: { a: { deep: { x: 2 } } } },
    ].map(computeIdentityHash);
    expect(new Set(hashes).size).toBe(6);
  });

  test('names the keys that differ, old and new', () => {
    expect(listDifferences({ ...identity }, { ...identity, channels: ['git'], base_url: 'u' })).toEqual([
      'channels: was the setting\'s own, is ["git"]',
      'base_url: was not set, is "u"',
    ]);
    const unused = { ...identity, model: null };
    expect(listDifferences(unused, { ...identity })).toEqual([]);
    expect(listDifferences({ ...identity }, unused)).toEqual([]);
  });
});
