// This file has more than 250 lines, because it is one list of independent cases that share a setup.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import {
  type Agent,
  type AgentContext,
  AgentError,
  mustRun,
  SandboxError,
  thisOwner,
} from '@cooperbench/core';
import { defaultTimeLimits, type TimeLimits } from '@cooperbench/core/host';
import type { ResultFile, RunEvent } from '@cooperbench/records';
import { buildLimitedBackend, hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import type { Clock } from '../services/run-host.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';
import type { RunOutcome } from './run.ts';

let datasetDir: string;
let logsDir: string;
let backend: ReturnType<typeof hostBackend>;
let events: RunEvent[];
/** What the agent of a test does; by default it does its feature. */
let behave: (context: AgentContext) => Promise<void>;
let priceKnown: boolean;
/** The agent records no step and no usage. */
let silent: boolean;
let costUsd: number | undefined;
let limits: TimeLimits;

const agent: Agent = {
  async run(task, context) {
    context.record({ type: 'message', message: { role: 'user', content: task, timestamp: 1 } });
    if (silent) return behave(context).then(() => ({ status: 'Completed' }));
    context.record({ type: 'step' });
    context.record({
      type: 'usage',
      usage: { costUsd, inputTokens: 10, outputTokens: 2, cacheReadTokens: 1, cacheWriteTokens: 0 },
    });
    await behave(context);
    return { status: 'Completed' };
  },
  knowsPrice: async () => priceKnown,
};

const sh = (context: AgentContext, script: string): Promise<Buffer> =>
  mustRun(context.workspace, ['sh', '-c', script], { signal: context.signal });
const doFeature = async (context: AgentContext): Promise<void> => {
  for (const id of context.features)
    await sh(
      context,
      `if [ ${id} = 1 ]; then { head -n 1 lib.txt; echo 'feature 1'; tail -n +2 lib.txt; } > new && mv new lib.txt; else echo 'feature ${id}' >> lib.txt; fi`,
    );
};

function run(options: RunOptions = {}, clock?: Clock): Promise<RunOutcome> {
  const container = evaluatingContainer([
    {
      name: 'test',
      version: '1.2.3',
      apiVersion: 1,
      agents: { test: { create: () => agent, short: 't' } },
      backends: { host: { create: () => backend } },
    },
  ]);
  container.provide(tokens.limits, () => limits);
  if (clock) container.provide(tokens.clock, () => clock);
  return container.get(tokens.runs).run({
    runName: 'x',
    agent: 'test',
    modelName: 'test/model',
    backend: 'host',
    datasetDir,
    logsDir,
    onEvent: (event) => events.push(event),
    ...options,
  });
}

const trial = (setting = 'coop', name = 'x'): string => join(logsDir, name, setting, 'shell_task/1/f1_f2');
const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
const result = (setting?: string): ResultFile => json(join(trial(setting), 'result.json'));
const codeOf = (work: Promise<unknown>): Promise<{ code: string; message: string; hint: string }> =>
  work.then(
    () => expect.fail('nothing was refused'),
    ({ code, message, hint }) => ({ code, message, hint }),
  );

beforeEach(() => {
  datasetDir = shellTask();
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  backend = hostBackend();
  events = [];
  behave = doFeature;
  priceKnown = true;
  silent = false;
  costUsd = 0.5;
  limits = defaultTimeLimits;
});

afterEach(() => {
  expect(backend.open).toBe(0);
  rmSync(datasetDir, { recursive: true, force: true });
  rmSync(logsDir, { recursive: true, force: true });
});

test('what a backend says of images are events, of the run and of its evaluation', async () => {
  const { create } = backend;
  backend.create = (spec, options) => {
    const about = { image: spec.image, phase: 'pull' } as const;
    options?.onProgress?.({ ...about, state: 'running', text: 'Downloading', doneBytes: 1, totalBytes: 2 });
    options?.onProgress?.({ ...about, state: 'ready', text: 'Downloaded' });
    return create(spec, options);
  };
  await run({ setting: 'solo' });
  const images = events.filter((event) => event.type === 'image');
  expect(images.map(({ state }) => state)).toEqual(['running', 'ready', 'running', 'ready']);
  expect(images[0]).toEqual({
    type: 'image',
    time: expect.any(String),
    image: expect.stringContaining(':task1'),
    phase: 'pull',
    state: 'running',
    text: 'Downloading',
    done_bytes: 1,
    total_bytes: 2,
  });
  expect(readFileSync(join(trial('solo'), 'events.jsonl'), 'utf8')).not.toContain('"type":"image"');
});

test('a backend without room for more loses no trial and no verdict, and is spoken of once', async () => {
  const limited = buildLimitedBackend({ room: 3 }, hostBackend().create);
  backend = limited;
  const { summary } = await run({ repeat: 4, concurrency: 4, autoEval: true });
  expect(summary).toMatchObject({ completed: 4, failed: 0, eval: { total_runs: 4, errors: 0 } });
  expect(limited.refused).toBeGreaterThan(0);
  expect(limited.open).toBe(0);
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  expect(notices).toEqual([
    'The backend "host" of plugin test has no room for another sandbox, so CooperBench waits up to 60 minutes and creates fewer at once: The provider has room for 3 sandboxes.',
  ]);
});

test('what a framework prints is kept beside the trajectory, as much of it as a seat may keep', async () => {
  const line = JSON.stringify({ said: 'x'.repeat(1024 * 1024) });
  behave = async ({ record }) => {
    record({ type: 'raw', line: '{"first":"é"}' });
    for (let n = 0; n < 70; n += 1) record({ type: 'raw', line });
  };
  await run({ setting: 'solo', autoEval: false });
  const keptNames = gunzipSync(readFileSync(join(trial('solo'), 'solo_raw.jsonl.gz')))
    .toString()
    .split('\n');
  expect(keptNames[0]).toBe('{"first":"é"}');
  expect(keptNames.length).toBe(1 + 63 + 1);
  expect(readFileSync(join(trial('solo'), 'solo.log'), 'utf8')).toContain(
    "only the first 67108864 bytes of the framework's output are kept",
  );
  expect(result('solo').agent?.status).toBe('Completed');
});

describe('a run', () => {
  test('leaves the files of a cooperative trial', async () => {
    behave = async (context) => {
      await doFeature(context);
      if (context.seat === 'agent1') await sh(context, 'send_message agent2 "I take the top"');
      else await sh(context, 'read_messages --wait 20');
    };
    const { summary } = await run();
    expect(readdirSync(trial()).sort()).toEqual([
      'agent1.log',
      'agent1.patch',
      'agent1_traj.json',
      'agent2.log',
      'agent2.patch',
      'agent2_traj.json',
      'conversation.json',
      'eval.json',
      'events.jsonl',
      'result.json',
    ]);
    expect(result()).toMatchObject({
      repo: 'shell_task',
      task_id: 1,
      features: [1, 2],
      setting: 'coop',
      judged: 'merge',
      channels: ['messages'],
      run_name: 'x',
      agent_framework: 'test',
      model: 'test/model',
      agents: {
        agent1: {
          feature_id: 1,
          file_stem: 'agent1',
          status: 'Completed',
          cost: 0.5,
          steps: 1,
          input_tokens: 10,
          output_tokens: 2,
          cache_read_tokens: 1,
          cache_write_tokens: 0,
          patch_lines: 1,
          error: null,
        },
        agent2: { feature_id: 2, status: 'Completed' },
      },
      total_cost: 1,
      total_steps: 2,
      messages_sent: 1,
      log_dir: trial(),
      backend: 'host',
      messaging_enabled: true,
      git_enabled: false,
      untrusted: true,
    });
    expect(result().run_id).toMatch(/^[0-9a-f]{8}$/);
    expect(result().versions).toMatchObject({ test: '1.2.3' });
    expect(json(join(trial(), 'conversation.json'))).toMatchObject([
      {
        from: 'agent1',
        to: 'agent2',
        message: 'I take the top',
        feature_id: 1,
        received: false,
        delivered: true,
      },
    ]);
    expect(json(join(trial(), 'agent1_traj.json'))).toMatchObject({
      agent_id: 'agent1',
      feature_id: 1,
      messages: [{ role: 'user', content: expect.stringContaining('feature 1') }],
    });
    expect(readFileSync(join(trial(), 'agent2.patch'), 'utf8')).toContain('+feature 2');
    const kinds = readFileSync(join(trial(), 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as RunEvent).type);
    expect(kinds[0]).toBe('trial_started');
    expect(kinds.at(-1)).toBe('trial_finished');
    expect(summary).toMatchObject({
      total_tasks: 1,
      completed: 1,
      skipped: 0,
      failed: 0,
      pass_rate: 1,
      total_cost: 1,
      eval: { passed: 1, overall_passed: 1 },
    });
    expect(json(join(logsDir, 'x/summary.json'))).toMatchObject({ run_name: 'x', total_tasks: 1 });
  });

  test('says its model, unless none of its agents uses one', async () => {
    const model = async (options: RunOptions): Promise<unknown> => {
      events = [];
      await run({ autoEval: false, force: true, ...options });
      return events.find((event) => event.type === 'run_started')?.model;
    };
    expect(await model({})).toBe('test/model');
    expect(await model({ agent: 'nop' })).toBe(null);
    expect(await model({ agent: 'nop', seats: { agent2: { agent: 'test' } } })).toBe('test/model');
    expect(events.find((event) => event.type === 'run_started')?.seats).toEqual([
      { seat: 'agent1', agent: 'nop', model: null, backend: 'host' },
      { seat: 'agent2', agent: 'test', model: 'test/model', backend: 'host' },
    ]);
  });

  test('keeps the text of its agent configuration, without its secrets', async () => {
    const agentConfig = join(logsDir, 'mine.yaml');
    writeFileSync(agentConfig, 'style: brief\napi_key: abc\n');
    await run({ agentConfig, autoEval: false });
    expect(json(join(logsDir, 'x/config.json'))).toMatchObject({
      settings: {
        coop: {
          identity: { agent_config: expect.stringMatching(/^[0-9a-f]{64}$/) },
          agent_config: 'style: brief\napi_key: ***\n',
        },
      },
    });
  });

  test('does not pool the rates of its settings', async () => {
    behave = async (context) => {
      if (context.seat !== 'solo') await doFeature(context);
    };
    await run();
    const { summary } = await run({ setting: 'solo' });
    expect(summary).toMatchObject({
      pass_rate: null,
      by_setting: { coop: { pass_rate: 1 }, solo: { pass_rate: 0 } },
    });
    expect(json(join(logsDir, 'x/eval_summary.json'))).toMatchObject({
      ...{ passed: 1, failed: 1, pass_rate: null, individual_rate: null, overall_rate: null },
      by_setting: { coop: { judged: 'merge', pass_rate: 1 }, solo: { judged: 'single', pass_rate: 0 } },
    });
  });

  test('gives solo one seat with all features and no messages', async () => {
    let agentContext: AgentContext | undefined;
    behave = async (context) => {
      agentContext = context;
      await doFeature(context);
    };
    await run({ setting: 'solo', gitEnabled: true });
    expect(agentContext).toMatchObject({ seat: 'solo', peers: [], features: [1, 2] });
    expect(agentContext).toMatchObject({ channels: [], inbox: undefined, instructions: undefined });
    expect(readdirSync(trial('solo')).sort()).toEqual([
      'eval.json',
      'events.jsonl',
      'result.json',
      'solo.log',
      'solo.patch',
      'solo_traj.json',
    ]);
    expect(result('solo')).toMatchObject({
      agent: { features: [1, 2], status: 'Completed' },
      total_steps: 1,
    });
    expect(result('solo')).not.toHaveProperty('messages_sent');
    const { messages } = json<{ messages: { content: string }[] }>(join(trial('solo'), 'solo_traj.json'));
    expect(messages[0]?.content).toMatch(/^## Feature 1\n\n[\s\S]*\n---\n\n## Feature 2\n/);
  });

  test('shares branches between seats when git is on', async () => {
    behave = async (context) => {
      await doFeature(context);
      expect((await sh(context, 'git rev-list --count HEAD; git branch --show-current')).toString()).toBe(
        `1\n${context.seat}\n`,
      );
      await sh(context, `git commit -qam work && git push -q team ${context.seat}`);
      if (context.seat === 'agent1') await sh(context, 'send_message agent2 pushed');
      else
        await sh(
          context,
          'read_messages --wait 20 && git fetch -q team && git merge -q team/agent1 -m merged',
        );
    };
    await run({ gitEnabled: true });
    expect(Object.values(result().agents ?? {}).map((seat) => seat.error)).toEqual([null, null]);
    expect(readFileSync(join(trial(), 'agent2.patch'), 'utf8')).toMatch(/\+feature 1\n[\s\S]*\+feature 2/);
    expect(json(join(trial(), 'eval.json'))).toMatchObject({ both_passed: true, overall_success: true });
  });

  test('names itself after its settings', async () => {
    const { name } = await run({
      runName: undefined,
      messagingEnabled: false,
      autoEval: false,
      features: [1, 2],
      maxSteps: 7,
    });
    expect(name).toMatch(/^coop-t-nomsg-model-host-f1_f2-[0-9a-f]{6}$/);
  });
});

describe('a repeated run', () => {
  const again = async (options?: RunOptions): Promise<RunOutcome> => run({ autoEval: false, ...options });

  test('says where its dataset was downloaded from, which does not identify it', async () => {
    const configOf = async (): Promise<{ dataset: object }> => {
      const { runDir } = await run();
      return JSON.parse(readFileSync(join(runDir, 'config.json'), 'utf8'));
    };
    expect((await configOf()).dataset).not.toHaveProperty('source');
    const source = { dataset: 'some/dataset', revision: 'abc', state: 'complete' };
    const record = join(datasetDir, '.cooperbench-dataset.json');
    writeFileSync(record, JSON.stringify({ ...source, files: {} }));
    expect((await configOf()).dataset).toMatchObject({ source });
    writeFileSync(record, '{ "dataset": 1 }');
    expect((await configOf()).dataset).not.toHaveProperty('source');
  });

  test('skips what has a result, and with force does not', async () => {
    await again();
    const first = result().run_id;
    expect((await again()).summary).toMatchObject({ skipped: 1, completed: 1 });
    expect(result().run_id).toBe(first);
    await again({ force: true });
    expect(result().run_id).not.toBe(first);
  });

  test('names the results of other backends that it keeps', async () => {
    await again();
    const path = join(trial(), 'result.json');
    writeFileSync(path, JSON.stringify({ ...result(), backend: 'cloud' }));
    await again();
    await again({ force: true });
    await again();
    expect(events.filter((event) => event.type === 'notice').map(({ text }) => text)).toEqual([
      '1 of 1 results that are kept come from the backend cloud, and this command uses host. To run them again, add --force.',
    ]);
  });

  test('runs again what ended in an error or was cut in half, keeping the broken file aside', async () => {
    behave = () => Promise.reject(new Error('the adapter is broken'));
    expect((await again()).summary).toMatchObject({ failed: 1, results: [{ status: 'Error' }] });
    expect(result().agents?.agent1).toMatchObject({
      status: 'Error',
      error: 'The agent "test" of plugin test failed in run: the adapter is broken',
    });
    behave = doFeature;
    await again();
    expect(result().agents?.agent1?.status).toBe('Completed');
    const path = join(trial(), 'result.json');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 100));
    await again();
    expect(result().agents?.agent1?.status).toBe('Completed');
    expect(readdirSync(trial()).filter((name) => name.startsWith('result.json.broken-'))).toHaveLength(1);
    expect(events.filter((event) => event.type === 'notice').map((event) => event.text)).toEqual([
      expect.stringMatching(/result\.json is broken \(.*\)\. It is kept as .*, and the trial runs again\.$/),
    ]);
  });

  test('with other settings is refused, naming what differs', async () => {
    await again();
    expect(await codeOf(again({ modelName: 'test/other', maxSteps: 5 }))).toEqual({
      code: 'RUN_DIFFERS',
      message: `${join(logsDir, 'x')} has coop results with other options:\n  model: was "test/model", is "test/other"\n  max_steps: was 100, is 5`,
      hint: 'Give this run another name, or run everything again with --force.',
    });
    await again({ setting: 'solo', modelName: 'test/other' });
    expect(existsSync(trial('solo'))).toBe(true);
    await again({ modelName: 'test/other', force: true });
    expect(result().model).toBe('test/other');
  });

  test.for(['missing', 'broken'] as const)(
    'whose config.json is %s is refused when its results have other options',
    async (state) => {
      await again();
      const path = join(logsDir, 'x/config.json');
      const damage = (): void => (state === 'missing' ? rmSync(path) : writeFileSync(path, '{'));
      damage();
      const other = { modelName: 'test/other' };
      const refusal = {
        code: 'RUN_DIFFERS',
        message: `${join(logsDir, 'x')} has coop results with other options. config.json does not record them: ${join(trial(), 'result.json')} has another config_hash.`,
      };
      expect(await codeOf(again(other))).toMatchObject(refusal);
      expect((await again()).summary).toMatchObject({ completed: 1, skipped: 1 });
      damage();
      await again({ ...other, force: true });
      expect(result().model).toBe('test/other');
      expect(events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))).toEqual(
        state === 'missing'
          ? []
          : Array(2).fill(
              expect.stringMatching(/config\.json is broken \(.*\)\. It is kept as .* and written again\.$/),
            ),
      );
    },
  );

  test('with other settings and --force is refused beside results that it does not replace', async () => {
    await again();
    cpSync(trial(), join(trial(), '../f1_f9'), { recursive: true });
    expect(await codeOf(again({ modelName: 'test/other', force: true }))).toMatchObject({
      code: 'RUN_DIFFERS',
      hint: 'Give this run another name, or run everything again with --force, without filters and with as many repetitions as it has.',
    });
    expect(result().model).toBe('test/model');
  });

  test('keeps the hash that its first command recorded for the same options', async () => {
    await again();
    const path = join(logsDir, 'x/config.json');
    const rename = (file: string): void =>
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(result().config_hash, 'of-an-older-release'));
    rename(path);
    rename(join(trial(), 'result.json'));
    expect((await again()).summary.skipped).toBe(1);
    expect((await again({ force: true })).summary.skipped).toBe(0);
    expect(result().config_hash).toBe('of-an-older-release');
  });

  test('runs a trial again whose patch is missing', async () => {
    await again();
    rmSync(join(trial(), 'agent2.patch'));
    expect((await again()).summary).toMatchObject({ completed: 1, skipped: 0 });
    expect(events.filter(({ type }) => type === 'notice')).toMatchObject([
      { level: 'warning', text: `${join(trial(), 'agent2.patch')} is missing. The trial runs again.` },
    ]);
    expect(result().agents?.agent2?.patch_lines).toBe(1);
  });

  test('does not mind other concurrency, backend options or filters', async () => {
    await again();
    expect((await again({ concurrency: 1, features: [1, 2], repo: 'shell_task' })).summary.skipped).toBe(1);
  });

  test('beside a running one of the same name is refused', async () => {
    behave = async (context) => {
      if (context.seat === 'agent1')
        expect(await codeOf(again())).toMatchObject({
          code: 'RUN_LOCKED',
          message: expect.stringMatching(
            `^${join(logsDir, 'x')} is in use by process ${process.pid} on ${hostname()} since [-:.0-9TZ]+\\.$`,
          ),
        });
    };
    await again();
  });

  test('takes over the lock of a process that is gone', async () => {
    mkdirSync(join(logsDir, 'x'), { recursive: true });
    writeFileSync(join(logsDir, 'x/.lock'), JSON.stringify({ ...thisOwner(), startedAt: '1' }));
    expect((await again()).summary.completed).toBe(1);
  });

  test('puts back a result that a kill left between two places', async () => {
    await again();
    const before = result().run_id;
    renameSync(trial(), `${trial()}.old`);
    mkdirSync(`${trial()}.running`);
    expect((await again()).summary.skipped).toBe(1);
    expect(result().run_id).toBe(before);
    expect(readdirSync(join(trial(), '..'))).toEqual(['f1_f2']);
  });

  test('clears away what a killed one was writing, and keeps the result beside it', async () => {
    await again();
    const before = result().run_id;
    mkdirSync(`${trial()}.running`);
    writeFileSync(`${trial()}.running/events.jsonl`, '{"type":');
    await again();
    expect(readdirSync(join(trial(), '..'))).toEqual(['f1_f2']);
    expect(result().run_id).toBe(before);
  });
});

describe('a seat', () => {
  test('that never ends is timed out and judged by what it did', async () => {
    behave = async (context) => {
      await doFeature(context);
      if (context.seat === 'agent2') await sh(context, 'sleep 60');
    };
    await run({ timeoutMs: 700 });
    expect(result().agents?.agent1?.status).toBe('Completed');
    expect(result().agents?.agent2).toMatchObject({ status: 'Timeout', patch_lines: 1 });
    expect(json(join(trial(), 'eval.json'))).toMatchObject({ both_passed: true, error: null });
  });

  test('whose sandbox could not be reached when its time was up is lost, not slow', async () => {
    const { create } = backend;
    const away = new SandboxError('SANDBOX_UNREACHABLE', 'The sandbox cannot be reached.', {
      fromOutside: true,
    });
    backend.create = async (...callArguments) => ({
      ...(await create(...callArguments)),
      interruption: async () => away,
    });
    behave = async (context) => {
      await doFeature(context);
      await sh(context, 'sleep 60');
    };
    await run({ timeoutMs: 700, autoEval: false });
    expect(result().agents?.agent1).toMatchObject({
      status: 'Error',
      error: 'The sandbox cannot be reached.',
    });
  });

  test('that calls itself done when its time is up has timed out, and when the run is stopped is cancelled', async () => {
    const controller = new AbortController();
    let begun = 0;
    behave = ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
        begun += 1;
        // Both seats of the second run work: a seat would not hear of an abort that came before.
        if (begun === 4) controller.abort(new Error('stop'));
      });
    await run({ timeoutMs: 300, autoEval: false });
    expect(result().agents).toMatchObject({ agent1: { status: 'Timeout' }, agent2: { status: 'Timeout' } });
    await run({ runName: 'y', signal: controller.signal }).catch(() => {});
    const { agents } = json<ResultFile>(join(trial('coop', 'y'), 'result.json'));
    expect(agents).toMatchObject({
      agent1: { status: 'Cancelled' },
      agent2: { status: 'Cancelled' },
    });
  });

  test('whose model was away until the time was up is lost, not slow', async () => {
    behave = async (context) => {
      await delay(60_000, undefined, { signal: context.signal }).catch(() => {});
      throw new AgentError('AGENT_MODEL_UNAVAILABLE', 'no answer from the model');
    };
    await run({ timeoutMs: 200, autoEval: false });
    expect(result().agents?.agent1).toMatchObject({ status: 'Error', error: 'no answer from the model' });
  });

  test('whose framework fails because its time is up is slow', async () => {
    behave = async (context) => {
      context.record({ type: 'step' });
      await delay(60_000, undefined, { signal: context.signal }).catch(() => {});
      throw new AgentError('AGENT_FAILED', 'it was killed', { scope: 'work' });
    };
    await run({ timeoutMs: 200, autoEval: false });
    expect(result().agents?.agent1).toMatchObject({ status: 'Timeout', error: null });
  });

  test('that records nothing until its time is up is lost, not slow', async () => {
    silent = true;
    behave = ({ signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    const { summary } = await run({ timeoutMs: 200, autoEval: false });
    expect(summary).toMatchObject({ completed: 0, failed: 1 });
    expect(result().agents?.agent1).toMatchObject({
      status: 'Error',
      error: 'its time was up before it recorded a step or an answer of its model',
    });
  });

  test.for([
    ['after a step has left its sandbox without room for one, and counts', false, 'Completed'],
    ['before its first step is lost', true, 'Error'],
  ] as const)('that cannot start a process %s', async ([, nothingRecorded, status]) => {
    const { create } = backend;
    backend.create = async (...callArguments) => ({
      ...(await create(...callArguments)),
      restart: async () => {},
    });
    silent = nothingRecorded;
    behave = () => Promise.reject(new SandboxError('SANDBOX_EXEC', 'no process is left'));
    await run({ autoEval: false });
    expect(result().agents?.agent1).toMatchObject({ status, error: 'no process is left' });
  });

  test('that goes on after a limit is ended there, and judged by what it did', async () => {
    behave = async (context) => {
      await doFeature(context);
      if (context.seat === 'agent1') return;
      for (;;) {
        context.record({ type: 'step' });
        await delay(10, undefined, { signal: context.signal });
      }
    };
    await run({ maxSteps: 3 });
    expect(result().agents).toMatchObject({
      agent1: { status: 'Completed', steps: 1 },
      agent2: { status: 'LimitsExceeded', steps: 4, error: null, patch_lines: 1 },
    });
    expect(readFileSync(join(trial(), 'agent2.log'), 'utf8')).toContain('its limit of 3 steps');
    expect(json(join(trial(), 'eval.json'))).toMatchObject({ both_passed: true });
  });

  test('has events that say which messages of its trajectory a step begins with, and what it runs', async () => {
    const say = ({ record }: AgentContext, content: string, command?: string): void => {
      const calls = command === undefined ? [] : [{ id: '1', name: 'bash', arguments: { command } }];
      const timestamp = Date.now() / 1000;
      record({ type: 'message', message: { role: 'assistant', content, timestamp, tool_calls: calls } });
    };
    behave = async (context) => {
      say(context, 'I look.', 'ls\npwd');
      await delay(20);
      const began = Date.now() / 1000;
      // A framework reports a part of an answer before the gateway has counted it.
      say(context, 'Now I do it.');
      context.record({ type: 'step', began });
      say(context, '', 'make');
    };
    await run({ autoEval: false });
    const own = events.filter((event) => 'seat' in event && event.seat === 'agent1');
    expect(
      own.flatMap((event) =>
        event.type === 'step'
          ? [['step', event.steps, event.message]]
          : event.type === 'answer'
            ? [['answer', event.message, event.text]]
            : [],
      ),
    ).toEqual([
      ['step', 1, 1],
      ['answer', 1, 'ls'],
      ['answer', 2, 'Now I do it.'],
      ['step', 2, 2],
      ['answer', 3, 'make'],
    ]);
  });

  test('that goes on after its limit of cost is ended, too, and one that stops there is not', async () => {
    behave = async (context) => {
      await doFeature(context);
      if (context.seat === 'agent2') context.record({ type: 'step' });
      await delay(100, undefined, { signal: context.signal });
    };
    await run({ maxCostUsd: 0.5, autoEval: false });
    expect(result().agents).toMatchObject({
      agent1: { status: 'Completed' },
      agent2: { status: 'LimitsExceeded', patch_lines: 1 },
    });
  });

  test('gets no golden patch', async () => {
    behave = async (context) => expect(context.goldenPatch).toBeUndefined();
    expect((await run({ autoEval: false })).summary).toMatchObject({ completed: 1, failed: 0 });
  });

  test('that ignores the signal is left behind', async () => {
    limits = { ...defaultTimeLimits, stop: 100 };
    behave = (context) => (context.seat === 'agent2' ? new Promise(() => {}) : Promise.resolve());
    await run({ timeoutMs: 300, autoEval: false });
    expect(result().agents?.agent2?.status).toBe('Timeout');
  });

  test('that removed .git has an empty patch and says why, the other one has its own', async () => {
    behave = async (context) => {
      await doFeature(context);
      if (context.seat === 'agent1') await sh(context, 'rm -rf .git');
    };
    await run();
    expect(result().agents?.agent1).toMatchObject({
      status: 'Completed',
      patch_lines: 0,
      error: expect.stringMatching(/^no patch could be taken from the work tree: /),
    });
    expect(json(join(trial(), 'eval.json'))).toMatchObject({
      apply_status: { agent1: 'skipped', agent2: 'applied' },
      both_passed: false,
      error: null,
    });
  });

  test('that lost its sandbox makes the pair an error, which is evaluated again when repeated', async () => {
    behave = (context) =>
      context.seat === 'agent1'
        ? Promise.reject(new SandboxError('SANDBOX_LOST', 'the container was removed', { fromOutside: true }))
        : doFeature(context);
    expect((await run()).summary).toMatchObject({
      failed: 1,
      pass_rate: null,
      eval: { errors: 1, passed: 0, failed: 0, pass_rate: null },
    });
    expect(json(join(trial(), 'eval.json'))).toMatchObject({
      error: 'agent1 was lost: the container was removed',
      both_passed: false,
    });
    // However often it is lost.
    expect((await run()).summary).toMatchObject({ failed: 1, pass_rate: null });
    behave = doFeature;
    expect((await run()).summary).toMatchObject({ failed: 0, pass_rate: 1 });
  });

  test('whose sandbox cannot be made ends the trial before any agent starts', async () => {
    let created = 0;
    const create = backend.create.bind(backend);
    backend.create = async (spec, options) => {
      created += 1;
      if (spec.labels.seat === 'agent2') throw new SandboxError('NO_ROOM', 'there is no room');
      return create(spec, options);
    };
    behave = () => expect.fail('an agent was started');
    await run({ autoEval: false });
    expect(result().agents).toMatchObject({
      agent1: { status: 'Error', error: 'not started: another seat of the trial had no sandbox' },
      agent2: { status: 'Error', error: 'there is no room' },
    });
    expect(created).toBe(2);
  });

  test('whose sandbox starts on the second attempt runs as usual', async () => {
    const create = backend.create.bind(backend);
    let failures = 0;
    backend.create = (spec, options) => {
      failures += 1;
      return failures === 1
        ? Promise.reject(new SandboxError('BUSY', 'try again', { retryable: true }))
        : create(spec, options);
    };
    expect((await run({ autoEval: false })).summary.completed).toBe(1);
  });

  test('whose sandbox cannot be removed keeps its result, and what is left is said', async () => {
    const create = backend.create.bind(backend);
    backend.create = async (spec, options) => {
      const sandbox = await create(spec, options);
      const dispose = async (): Promise<void> => {
        await sandbox[Symbol.asyncDispose]();
        throw new SandboxError('SANDBOX_REMOVE', `${sandbox.id} could not be removed`);
      };
      return Object.assign(Object.create(sandbox) as typeof sandbox, { [Symbol.asyncDispose]: dispose });
    };
    expect((await run({ autoEval: false })).summary).toMatchObject({ completed: 1, failed: 0 });
    const warnings = events.flatMap((event) =>
      event.type === 'notice' && event.level === 'warning' ? [event.text] : [],
    );
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^coop\/shell_task\/1\/f1_f2 agent[12]: \S+ could not be removed$/);
  });

  test('shows its agent one commit, whatever history the task came with', async () => {
    const setup = join(datasetDir, 'shell_task/task1/setup.sh');
    writeFileSync(
      setup,
      `${readFileSync(setup, 'utf8')}git tag secret\nexport GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a\ngit commit -q --allow-empty -m later\ngit branch solution\n`,
    );
    const records: string[] = [];
    behave = async (context) => {
      records.push(
        (
          await sh(
            context,
            'git rev-list --all; git log --all --format=%s; git tag; git status --short; git fsck --unreachable --no-reflogs',
          )
        ).toString(),
      );
      await doFeature(context);
    };
    await run();
    expect(records[0]).toMatch(/^[0-9a-f]{40}\nbase\n$/);
    expect(records[1]).toBe(records[0]);
    expect(json(join(trial(), 'eval.json'))).toMatchObject({ both_passed: true });
  });
});

describe('what stops a run', () => {
  beforeEach(() => {
    rmSync(datasetDir, { recursive: true, force: true });
    datasetDir = shellTask({ features: [1, 2, 3] });
  });

  test('an authentication error, at once and for all trials', async () => {
    behave = async () => {
      throw new AgentError('AGENT_AUTHENTICATION', 'the key is wrong', { scope: 'run' });
    };
    const outcome = await run({ concurrency: 1 });
    expect(outcome.stopped?.message).toBe('the key is wrong');
    expect(outcome.summary).toMatchObject({ total_tasks: 1, failed: 1 });
    expect(events.filter((event) => event.type === 'trial_started')).toHaveLength(1);
    expect(events.filter((event) => event.type === 'run_stopped')).toMatchObject([
      { reason: 'the key is wrong' },
    ]);
  });

  test('a budget that is used up: no new trial starts', async () => {
    const outcome = await run({ concurrency: 1, budgetUsd: 1.5, autoEval: false });
    expect(outcome.stopped).toMatchObject({
      code: 'BUDGET_EXHAUSTED',
      message: 'The budget of $1.5 is used up: $2.00 spent. Trials not run: 1.',
    });
    expect(outcome.summary.total_tasks).toBe(2);
    const runOutcome = await run({ concurrency: 1, budgetUsd: 3.5, spentUsd: 1.5, autoEval: false });
    expect(runOutcome.stopped).toMatchObject({
      code: 'BUDGET_EXHAUSTED',
      message: 'The budget of $3.5 is used up: $3.50 spent. Trials not run: 1.',
    });
    expect(runOutcome.summary.total_tasks).toBe(2);
    expect((await run({ concurrency: 1, autoEval: false })).summary).toMatchObject({
      total_tasks: 3,
      skipped: 2,
    });
  });

  test('a budget that is used up: a trial that waits for a sandbox does not start, and runs later', async () => {
    backend.create = buildLimitedBackend({ room: 2 }, hostBackend().create).create;
    const { stopped, summary } = await run({ concurrency: 3, budgetUsd: 0.9, autoEval: false });
    expect(stopped?.message).toBe('The budget of $0.9 is used up: $1.00 spent. Trials not run: 2.');
    expect(summary).toMatchObject({ completed: 1, failed: 0, total_tasks: 1, total_cost: 1 });
    const { summary: runSummary } = await run({ concurrency: 1, autoEval: false });
    expect(runSummary).toMatchObject({ completed: 3, failed: 0 });
    const ledger = readFileSync(join(logsDir, 'x/ledger.jsonl'), 'utf8');
    expect(ledger).not.toContain('"lost"');
  });

  test('a budget that is used up: a trial that does not start keeps its earlier result', async () => {
    await run({ concurrency: 3, autoEval: false });
    const resultsNow = () =>
      [12, 13, 23].map((pair) =>
        json<ResultFile>(
          join(logsDir, `x/coop/shell_task/1/f${Math.floor(pair / 10)}_f${pair % 10}/result.json`),
        ),
      );
    const before = resultsNow();
    backend.create = buildLimitedBackend({ room: 2 }, hostBackend().create).create;
    const { stopped } = await run({ concurrency: 3, budgetUsd: 3.9, force: true, autoEval: false });
    expect(stopped).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    const after = resultsNow();
    expect(after.filter(({ run_id }, index) => run_id === before[index]?.run_id)).toHaveLength(2);
    const statuses = after.flatMap(({ agents }) => Object.values(agents ?? {}).map(({ status }) => status));
    expect(statuses).toEqual(Array(6).fill('Completed'));
  });

  test('a limit in money for a model without a price, before anything runs', async () => {
    priceKnown = false;
    expect(await codeOf(run({ maxCostUsd: 1, budgetUsd: 9 }))).toEqual({
      code: 'PRICE_UNKNOWN',
      message: 'CooperBench cannot enforce --max-cost and --budget: the price of test/model is not known.',
      hint: 'State it in USD per million tokens, --price test/model=INPUT,OUTPUT, or remove the limit.',
    });
    expect(existsSync(join(logsDir, 'x'))).toBe(false);
  });

  test('answers whose cost is not known: a notice, or the end of the seat with a limit that the user gave', async () => {
    costUsd = undefined;
    const subject =
      'test does not know what an answer of test/model costs, because the server states no token usage';
    expect((await run({ autoEval: false })).stopped).toBeUndefined();
    expect(events.find(({ type }) => type === 'trial_finished')).toMatchObject({
      cost: 0,
      cost_known: false,
    });
    expect(events.filter(({ type }) => type === 'notice')).toMatchObject([
      { level: 'warning', text: `${subject}. Its cost is not counted, and the cost limit does not hold.` },
    ]);
    for (const limit of [{ maxCostUsd: 1 }, { budgetUsd: 9 }]) {
      events = [];
      const { stopped, summary } = await run({ ...limit, runName: Object.keys(limit)[0], autoEval: false });
      expect(stopped).toBeUndefined();
      expect(summary).toMatchObject({ total_tasks: 3, completed: 3 });
      expect(events.flatMap((event) => (event.type === 'seat_finished' ? [event.status] : []))).toEqual(
        Array(6).fill('LimitsExceeded'),
      );
      expect(events.filter(({ type }) => type === 'notice')).toMatchObject([
        {
          level: 'warning',
          text: `${subject}. The seat ends, because you limit the cost. Use a server that states the usage of every answer, or remove --max-cost and --budget.`,
        },
      ]);
    }
  });

  test('an interruption: seats are cancelled, sandboxes gone, an earlier result stays', async () => {
    await run({ autoEval: false });
    const before = result().run_id;
    const controller = new AbortController();
    behave = async (context) => {
      setTimeout(() => controller.abort(), 50);
      await delay(60_000, undefined, { signal: context.signal });
    };
    await expect(run({ autoEval: false, force: true, signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(result().run_id).toBe(before);
    expect(events.filter((event) => event.type === 'seat_finished').at(-1)).toMatchObject({
      status: 'Cancelled',
    });
    expect(readdirSync(join(trial(), '..')).filter((name) => name.endsWith('.running'))).toEqual([]);
    expect(existsSync(join(logsDir, 'x/.lock'))).toBe(false);
  });
});

test('a duration does not come from the clock, which may jump', async () => {
  // A year back with each look.
  let year = 2500;
  const { summary } = await run({}, { now: () => new Date(Date.UTC(year--, 0)) });
  const { started_at, ended_at, duration_seconds } = result();
  expect(Date.parse(ended_at)).toBeLessThan(Date.parse(started_at));
  expect(duration_seconds).toBeGreaterThan(0);
  expect(duration_seconds).toBeLessThan(3600);
  expect(summary.total_time_seconds).toBe(duration_seconds);
});

describe('a log directory', () => {
  test('that is a file is refused before anything runs', async () => {
    const file = join(logsDir, 'file');
    writeFileSync(file, '');
    expect(await codeOf(run({ logsDir: file }))).toMatchObject({
      code: 'LOG_DIR_UNWRITABLE',
      hint: 'Free some space or name another directory with --log-dir.',
    });
  });
});
