import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from '@cooperbench/core';
import type { RunEvent } from '@cooperbench/records';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';

let datasetDir: string;
let logsDir: string;
let events: RunEvent[];

const agent: Agent = {
  async run(_task, { record }) {
    record({ type: 'step' });
    return { status: 'Completed' };
  },
};

const runs = () => {
  const backend = hostBackend();
  const agents = { test: { create: () => agent, short: 't' }, other: { create: () => agent, short: 'o' } };
  const parts = { agents, backends: { host: { create: () => backend } } };
  return evaluatingContainer([{ name: 'test', version: '1.0.0', apiVersion: 1, ...parts }]).get(tokens.runs);
};
const options = (more: RunOptions): RunOptions => ({
  ...{ runName: 'x', agent: 'test', backend: 'host', features: [1, 2] },
  ...{ datasetDir, logsDir, autoEval: false, onEvent: (event) => events.push(event), ...more },
});
const run = (more: RunOptions) => runs().run(options(more));
const read = (name: string) => JSON.parse(readFileSync(join(logsDir, 'x', name), 'utf8'));
const pair = 'coop/shell_task/1/f1_f2';

/** Returns everything that says which agent and model ran. */
const recorded = () => {
  const { agent_framework, model, agents } = read(`${pair}/result.json`);
  const { identity, seats } = read('config.json').settings.coop;
  const event = events.find(({ type }) => type === 'run_started') as Extract<
    RunEvent,
    { type: 'run_started' }
  >;
  return {
    result: [agent_framework, model],
    seats: [agents.agent1.model, agents.agent2.model],
    trajectories: [read(`${pair}/agent1_traj.json`).model, read(`${pair}/agent2_traj.json`).model],
    identity: [identity.agent, identity.model],
    config: [seats.agent1, seats.agent2],
    event: [event.agent, event.model],
  };
};

beforeEach(() => {
  datasetDir = shellTask({ features: [1, 2, 3] });
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  events = [];
});

afterEach(() => {
  rmSync(datasetDir, { recursive: true, force: true });
  rmSync(logsDir, { recursive: true, force: true });
});

test('the reason of a backend that nobody named is recorded', async () => {
  await run({ backendReason: 'the first that is ready: it is here' });
  expect(read('config.json').backend_reason).toBe('the first that is ready: it is here');
});

test('with seats that name their models, nothing names the default one', async () => {
  const seats = { agent1: { model: 'gpt-5' }, agent2: { agent: 'other', model: 'claude' } };
  await run({ seats });
  expect(recorded()).toEqual({
    result: [null, null],
    seats: ['gpt-5', 'claude'],
    trajectories: ['gpt-5', 'claude'],
    identity: ['test', null],
    config: [
      { agent: 'test', model: 'gpt-5' },
      { agent: 'other', model: 'claude' },
    ],
    event: [null, null],
  });
  expect(readFileSync(join(logsDir, 'x/config.json'), 'utf8')).not.toContain('gemini');
  expect(runs().plan(options({ runName: undefined, seats })).name).toMatch(
    /^coop-t-o-gpt-5-claude-host-f1_f2-[0-9a-f]{6}$/,
  );
  // A third feature brings a seat that uses the default. It is the same run.
  await run({ seats, features: [1, 2, 3] });
  const { identity, seats: all } = read('config.json').settings.coop;
  expect(identity.model).toBe('vertex_ai/gemini-3-flash-preview');
  expect(Object.keys(all)).toEqual(['agent1', 'agent2', 'agent3']);
  await run({ seats });
  const config = read('config.json').settings.coop;
  expect([config.identity.model, Object.keys(config.seats)]).toEqual([identity.model, Object.keys(all)]);
});

test('a model that all seats share is that of the trial, whether the run names it or the seats', async () => {
  const shared = { seats: { agent1: { model: 'gpt-5' }, agent2: { model: 'gpt-5' } } };
  await run(shared);
  expect(recorded()).toMatchObject({ result: ['test', 'gpt-5'], event: ['test', 'gpt-5'] });
  await run({ modelName: 'gpt-5', force: true });
  expect(recorded()).toMatchObject({ result: ['test', 'gpt-5'], identity: ['test', 'gpt-5'] });
});

test('a run whose agents use no model names none', async () => {
  await run({ agent: 'nop' });
  expect(recorded()).toEqual({
    result: ['nop', null],
    seats: [null, null],
    trajectories: [null, null],
    identity: ['nop', null],
    config: [
      { agent: 'nop', model: null },
      { agent: 'nop', model: null },
    ],
    event: ['nop', null],
  });
  expect(runs().plan(options({ runName: undefined, agent: 'nop' })).name).toBe('coop-nop-host-f1_f2');
});
