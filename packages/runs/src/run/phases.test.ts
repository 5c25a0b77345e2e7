import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Agent,
  AgentError,
  CommandError,
  delegating,
  type MessageBus,
  type Phase,
  type PhaseOutcome,
  type PhaseWork,
  runCommand,
  type Setting,
} from '@cooperbench/core';
import { createMemoryBus, defaultTimeLimits } from '@cooperbench/core/host';
import type { ResultFile, RunEvent } from '@cooperbench/records';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';

let datasetDir: string;
let logsDir: string;
let events: RunEvent[];
/** What the scripts of the agents printed, in order of their ends. */
let printed: string[];
/** What each agent learns of its part. */
let told: (readonly [string, string | undefined, false | undefined])[];
let outcomes: (readonly [string, PhaseOutcome])[];
let backend: ReturnType<typeof hostBackend>;
let bus: MessageBus;

beforeEach(() => {
  datasetDir = shellTask();
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-phases-'));
  events = [];
  printed = [];
  told = [];
  outcomes = [];
  backend = hostBackend();
  bus = createMemoryBus();
});

afterEach(() => {
  expect(backend.open).toBe(0);
  for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
});

/** An agent whose task is a shell script. Lines such as `#step` are for the agent itself. */
const shell: Agent = {
  async run(task, context) {
    const { workspace, record, signal, inbox, limits } = context;
    told.push([context.seat, context.phase, context.handsIn]);
    for (const [, word] of task.matchAll(/^#(\w+)$/gm)) {
      if (word === 'step') record({ type: 'step' });
      else if (word === 'usage') record({ type: 'usage', usage: { ...noTokens, costUsd: 0.25 } });
      else if (word === 'limits') printed.push(JSON.stringify(limits));
      else if (word === 'inbox') printed.push(...((await inbox?.take()) ?? []).map(({ text }) => text));
      else if (word === 'sleep') await delay(60_000, undefined, { signal });
      else if (word === 'crash') throw new AgentError('CRASHED', 'the agent crashed');
      else if (word === 'broken') throw new CommandError('COMMAND_FAILED', 'the agent broke its sandbox');
      else if (word === 'junk') return { status: 'Completed', patch: Buffer.from('no patch\n') };
      else if (word === 'exceeded') return { status: 'LimitsExceeded' };
      else throw new Error(`unknown word ${word}`);
    }
    const { stdout } = await runCommand(workspace, ['sh', '-c', `cd "$1"; ${task}`, 'sh', workspace.repoDir]);
    if (stdout.length > 0) printed.push(stdout.toString().trim());
    const content = `did ${context.seat}`;
    record({ type: 'message', message: { role: 'assistant', content, timestamp: 1 } });
    return { status: 'Completed' };
  },
};
const noTokens = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

const work = (seat: string, task: string, overrides: Partial<PhaseWork> = {}): PhaseWork => ({
  ...{ seat, task, start: 'fresh' },
  ...overrides,
});

/** Runs a pair in these phases. Resolves with result.json. */
async function trial(
  phases: readonly Phase[] | NonNullable<Setting['phases']>,
  options: RunOptions = {},
  overrides: Partial<Setting> = {},
): Promise<ResultFile> {
  const inOrder: NonNullable<Setting['phases']> = function* () {
    for (const phase of phases as readonly Phase[]) {
      const { seats } = yield phase;
      // Patches are read when they are asked for.
      outcomes.push([phase.name, { seats: new Map([...seats].map(([id, seat]) => [id, { ...seat }])) }]);
    }
  };
  const setting: Setting = {
    seats: (features) => features.map((id) => ({ id: `agent${id}`, features: [id], fileStem: `agent${id}` })),
    channels: ['messages', 'git'],
    judged: 'merge',
    phases: typeof phases === 'function' ? phases : inOrder,
    ...overrides,
  };
  const container = evaluatingContainer([
    {
      ...{ name: 'test', version: '1.0.0', apiVersion: 1 },
      agents: { shell: { create: () => shell } },
      backends: { host: { create: () => backend } },
      buses: { own: { create: () => bus } },
      settings: { phased: { create: () => setting } },
    },
  ]);
  container.provide(tokens.limits, () => ({ ...defaultTimeLimits, sameMoment: 10 }));
  await container.get(tokens.runs).run({
    ...{
      runName: 'x',
      setting: 'phased',
      agent: 'shell',
      modelName: 'test/model',
      backend: 'host',
      bus: 'own',
    },
    ...{ autoEval: false, datasetDir, logsDir },
    onEvent: (event) => events.push(event),
    ...options,
  });
  return JSON.parse(file('result.json')) as ResultFile;
}

const file = (name: string): string =>
  readFileSync(join(logsDir, 'x/phased/shell_task/1/f1_f2', name), 'utf8');
/** But for that of a seat without work, which most of these settings have. */
const warnings = (): string[] => allWarnings().filter((text) => !text.includes('no phase had work for'));
const allWarnings = (): string[] =>
  events.flatMap((event) => (event.type === 'notice' && event.level === 'warning' ? [event.text] : []));
const statuses = (result: ResultFile): (string | undefined)[] =>
  ['agent1', 'agent2'].map((seat) => result.agents?.[seat]?.status);
const outcome = (name: string, seat: string) =>
  outcomes.find(([phase]) => phase === name)?.[1].seats.get(seat) ?? expect.fail('no such outcome');

test('a seat that hands in and has no work in any phase is named', async () => {
  const result = await trial([{ name: 'a', work: [work('agent1', '#step')] }]);
  expect(statuses(result)).toEqual(['Completed', 'Completed']);
  expect(allWarnings()).toEqual([
    'phased/shell_task/1/f1_f2: no phase had work for agent2, so nothing of it is tested.',
  ]);
});

test('files are handed over and belong to no patch, and everything says its phase', async () => {
  const result = await trial([
    {
      name: 'plan',
      work: [
        work(
          'agent1',
          '#step\nmkdir notes; echo one > notes/plan.txt; echo x >> lib.txt; send_message agent2 hello > /dev/null',
          {
            handsOver: ['notes/plan.txt', 'gone.txt'],
            keepsChanges: false,
          },
        ),
      ],
    },
    {
      name: 'execute',
      work: [
        work('agent1', '#step\n#usage\nls; git status --short'),
        work('agent2', '#step\n#inbox\necho hm > notes; mkdir d; echo feature 2 >> lib.txt'),
      ],
    },
  ]);
  expect(outcome('plan', 'agent1')).toMatchObject({
    status: 'Completed',
    patch: new Uint8Array(),
    files: new Map([['notes/plan.txt', 'one\n']]),
  });
  expect(Buffer.from(outcome('execute', 'agent2').patch).toString()).toBe(file('agent2.patch'));
  expect(printed.sort()).toEqual(['[Message from agent1]: hello', 'lib.txt']);
  expect(file('agent1.patch')).toBe('');
  expect(file('agent2.patch')).toContain('+feature 2');
  expect(result.phases).toMatchObject([
    {
      name: 'plan',
      seats: {
        agent1: {
          ...{ status: 'Completed', steps: 1, cost: 0, input_tokens: 0, error: null },
          handed_over: { 'notes/plan.txt': 4, 'gone.txt': null },
        },
      },
    },
    {
      name: 'execute',
      seats: { agent1: { status: 'Completed', steps: 1, cost: 0.25, input_tokens: 1 }, agent2: { steps: 1 } },
    },
  ]);
  expect(Object.keys(result.phases?.[0]?.seats ?? {})).toEqual(['agent1']);
  expect(result).toMatchObject({ total_steps: 3, total_cost: 0.25, messages_sent: 1 });
  expect(result.agents?.agent1).toMatchObject({ status: 'Completed', steps: 2, cost: 0.25 });
  const { messages } = JSON.parse(file('agent1_traj.json')) as { messages: { phase: string }[] };
  expect(messages.map(({ phase }) => phase)).toEqual(['plan', 'execute']);
  const story = events.flatMap((event) => {
    if (event.type === 'phase_started') return [`${event.number} ${event.phase}: ${event.seats.join(' ')}`];
    if (event.type === 'phase_finished')
      return [`${event.number} ends ${JSON.stringify(event.handed_over ?? '')}`];
    return event.type === 'seat_finished' ? [event.seat] : [];
  });
  expect([...story.slice(0, 4), ...story.slice(4, 6).sort(), ...story.slice(6)]).toEqual([
    ...[
      '1 plan: agent1',
      'agent1',
      '1 ends {"agent1":{"notes/plan.txt":4,"gone.txt":null}}',
      '2 execute: agent1 agent2',
      'agent1',
      'agent2',
      '2 ends ""',
    ],
  ]);
  expect(told.sort()).toEqual([
    ['agent1', 'execute', undefined],
    ['agent1', 'plan', false],
    ['agent2', 'execute', undefined],
  ]);
});

test('a seat continues from its own changes or from those of another', async () => {
  const change =
    'rm lib.txt; printf "\\0\\1" > binary; ln -s binary link; mkdir d; echo x > d/new; chmod +x d/new';
  const look = 'git status --short --no-renames; cat d/new; test -x d/new && readlink link; wc -c < binary';
  const result = await trial([
    { name: 'implement', work: [work('agent1', change)] },
    { name: 'review', work: [work('agent2', `${look}; echo y > review.md`, { start: { from: 'agent1' } })] },
    { name: 'revise', work: [work('agent1', `${look}; echo z >> d/new`, { start: 'continue' })] },
  ]);
  expect(statuses(result)).toEqual(['Completed', 'Completed']);
  const seen = 'A  binary\nA  d/new\nD  lib.txt\nA  link\nx\nbinary\n2';
  expect(printed).toEqual([seen, seen]);
  expect(file('agent2.patch')).toContain('+y');
  expect(file('agent2.patch')).toContain('deleted file mode');
  expect(file('agent1.patch')).toContain('+x\n+z');
  expect(file('agent1.patch')).not.toContain('review.md');
});

test('a phase that keeps no changes changes nothing, however its agent ends', async () => {
  const review = (name: string, task: string): Phase => ({
    ...{ name, work: [work('agent1', task, { start: 'continue', keepsChanges: false })] },
  });
  const result = await trial([
    { name: 'implement', work: [work('agent1', '#step\necho x >> lib.txt')] },
    ...[review('a', '#junk'), review('b', '#step\n#broken')],
  ]);
  expect(result.phases?.map(({ seats }) => seats.agent1?.error ?? null)).toEqual([
    ...[null, null, 'the agent broke its sandbox'],
  ]);
  expect(file('agent1.patch')).toContain('+x');
});

test('limits hold for all phases together, and a seat without any left ends at once', async () => {
  const two = '#limits\n#step\n#step';
  const phase = (name: string, share?: number): Phase => ({
    ...{ name, work: [work('agent1', two)] },
    ...(share !== undefined && { share }),
  });
  const result = await trial([phase('a', 0.5), phase('b', 0.5), phase('c'), phase('d')], {
    ...{ maxSteps: 5, maxCostUsd: 2 },
  });
  expect(printed).toEqual([
    ...['{"maxSteps":3,"maxCostUsd":1}', '{"maxSteps":3,"maxCostUsd":1}', '{"maxSteps":1,"maxCostUsd":2}'],
  ]);
  expect(result.phases?.map(({ seats }) => [seats.agent1?.status, seats.agent1?.steps])).toEqual([
    ...[
      ['Completed', 2],
      ['Completed', 2],
      ['LimitsExceeded', 2],
      ['LimitsExceeded', 0],
    ],
  ]);
  expect(result.agents?.agent1).toMatchObject({ status: 'LimitsExceeded', steps: 6 });
});

test('the time of a seat is the time of all its phases', async () => {
  const result = await trial(
    [
      { name: 'a', share: 0.5, work: [work('agent1', '#step\n#sleep')] },
      { name: 'b', work: [work('agent1', '#step\n#sleep')] },
      { name: 'c', work: [work('agent1', '#step')] },
    ],
    { timeoutMs: 400 },
  );
  expect(result.phases?.map(({ seats }) => [seats.agent1?.status, seats.agent1?.steps])).toEqual([
    ...[
      ['Timeout', 1],
      ['Timeout', 1],
      ['Timeout', 0],
    ],
  ]);
  expect(outcome('a', 'agent1').status).toBe('Timeout');
});

test('a seat that left itself hardly any time is judged, not lost', async () => {
  const result = await trial(
    [
      { name: 'a', share: 0.96, work: [work('agent1', '#step\n#sleep')] },
      { name: 'b', work: [work('agent1', '#sleep', { start: 'continue' })] },
    ],
    { timeoutMs: 2000 },
  );
  expect(result.phases?.map(({ seats }) => seats.agent1?.status)).toEqual(['Timeout', 'Timeout']);
});

test('what a hostile agent hands over is bounded, and its patch harms nobody', async () => {
  const handsOver = ['link', 'folder', 'out/passwd', 'missing', 'fifo', 'big', 'binary', '-n'];
  const hostile = [
    ...['ln -s /etc/passwd link', 'mkdir folder', 'ln -s /etc out', 'mkfifo fifo', 'echo n > ./-n'],
    ...['head -c 100000 /dev/zero | tr "\\0" x > big', 'printf "\\377" > binary'],
  ].join('; ');
  await trial([
    { name: 'a', work: [work('agent1', hostile, { handsOver })] },
    { name: 'b', work: [work('agent1', '#junk')] },
    { name: 'c', work: [work('agent2', 'git status --short; cat lib.txt', { start: { from: 'agent1' } })] },
  ]);
  const { files } = outcome('a', 'agent1');
  expect([...files].map(([name, text]) => [name, text.length])).toEqual([
    ['big', 65_536],
    ['binary', 1],
    ['-n', 2],
  ]);
  // "out" was not to be handed over, only a file behind it.
  const patch = Buffer.from(outcome('a', 'agent1').patch).toString();
  expect(patch.match(/^diff .*$/gm)).toEqual(['diff --git a/out b/out']);
  expect(printed).toEqual(['top\n\n\n\nmiddle\n\n\n\nbottom']);
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'notice',
      text: 'phased/shell_task/1/f1_f2 agent2: the changes that it should start from do not apply to the base commit. It starts without them.',
    }),
  );
});

test("an agent's failure is handed to the setting", async () => {
  const result = await trial([
    { name: 'a', work: [work('agent1', '#step\n#exceeded'), work('agent2', '#step')] },
    { name: 'b', work: [work('agent2', '#step')] },
  ]);
  expect(outcome('a', 'agent1').status).toBe('LimitsExceeded');
  expect(statuses(result)).toEqual(['LimitsExceeded', 'Completed']);
});

test('an infrastructure failure ends the trial, which runs again as a whole', async () => {
  const { create } = backend;
  let sandboxes = 0;
  backend.create = async (...callArguments) => {
    sandboxes += 1;
    if (sandboxes === 2) throw new Error('no room');
    return create(...callArguments);
  };
  const phases = ['a', 'b', 'c'].map((name) => ({ name, work: [work('agent1', 'echo x >> lib.txt')] }));
  const failed = await trial(phases);
  expect(statuses(failed)).toEqual(['Error', 'Completed']);
  expect(failed.agents?.agent1?.error).toContain('no room');
  expect(failed.phases?.map(({ name, seats }) => [name, seats.agent1?.status])).toEqual([
    ...[
      ['a', 'Completed'],
      ['b', 'Error'],
    ],
  ]);
  expect(outcomes.map(([name]) => name)).toEqual(['a']);
  // An agent has worked, so the ledger does not say that none has.
  const ledger = readFileSync(join(logsDir, 'x', 'ledger.jsonl'), 'utf8');
  expect(ledger).toContain('"lost":{"code":');
  expect(ledger).not.toContain('idle');
  const resultFile = await trial(phases);
  expect(resultFile.phases?.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(sandboxes).toBe(5);
});

test.each([20, 2])('a setting without an end gets its %i phases, and the user is told', async (maxPhases) => {
  const result = await trial(
    function* () {
      for (;;) yield { name: 'again', work: [work('agent1', '#step')] };
    },
    { maxSteps: 1 },
    maxPhases === 20 ? {} : { maxPhases },
  );
  expect(result.phases).toHaveLength(maxPhases);
  expect(statuses(result)).toEqual(['LimitsExceeded', 'Completed']);
  expect(warnings()).toEqual([
    `The setting "phased" of plugin test has more than ${maxPhases} phases. Its trials end after these.`,
  ]);
});

test('a setting that uses all its phases costs no warning, and one that no trial fits is refused', async () => {
  const one = [{ name: 'a', work: [work('agent1', '#step')] }];
  expect((await trial(one, {}, { maxPhases: 1 })).phases).toHaveLength(1);
  expect(warnings()).toEqual([]);
  for (const maxPhases of [0, 21, 1.5, Number.NaN, '3' as unknown as number])
    await expect(trial(one, { runName: 'y' }, { maxPhases })).rejects.toThrow(
      `The setting "phased" of plugin test cannot be used: its "maxPhases" is ${maxPhases}, and must be a whole number from 1 to 20.`,
    );
});

test('a fault of the setting ends the trial', async () => {
  const { agents } = await trial([
    { name: 'a', work: [work('agent1', '#step')] },
    { name: 'b', work: [work('agent3', '')] },
  ]);
  const error =
    'The setting "phased" of plugin test failed in phases: the phase "b" names the seat "agent3", which does not exist.';
  const expectedLoss = { status: 'Error', error, error_code: 'PLUGIN_FAULT' };
  expect(agents).toMatchObject({ agent1: expectedLoss, agent2: expectedLoss });
  // Reporters print what the last event of a seat says.
  const runEvents = events.filter(({ type }) => type === 'seat_finished').slice(-2);
  expect(runEvents).toMatchObject(['agent1', 'agent2'].map((seat) => ({ seat, status: 'Error', error })));
});

test('the bus hears of each phase, and one that fails there costs a notice', async () => {
  const heardTypes: string[] = [];
  bus = delegating(createMemoryBus(), {
    async beginPhase(trial, phase) {
      heardTypes.push(`${trial} ${phase}`);
      if (phase === 'b') throw new Error('no room');
    },
  });
  const result = await trial(['a', 'b'].map((name) => ({ name, work: [work('agent1', '#step')] })));
  expect(heardTypes).toEqual(['a', 'b'].map((name) => `x/phased/shell_task/1/f1_f2 ${name}`));
  expect(statuses(result)).toEqual(['Completed', 'Completed']);
  expect(warnings()).toEqual([
    'phased/shell_task/1/f1_f2: The bus "own" of plugin test failed in beginPhase: no room',
  ]);
});

test('an abort cancels the trial', async () => {
  const abort = new AbortController();
  const running = trial(
    [
      { name: 'a', work: [work('agent1', '#step')] },
      { name: 'b', work: [work('agent1', '#sleep')] },
    ],
    {
      signal: abort.signal,
      onEvent: (event) => {
        if (event.type === 'seat_started' && events.push(event) === 2) abort.abort(new Error('stopped'));
      },
    },
  );
  await expect(running).rejects.toThrow('stopped');
  const result = JSON.parse(file('result.json')) as ResultFile;
  expect(statuses(result)).toEqual(['Cancelled', 'Completed']);
});

test('faults of a channel identify the run, and what they cost is counted', async () => {
  const phases = [
    { name: 'a', work: [work('agent1', 'send_message agent2 hello > /dev/null')] },
    { name: 'b', work: [work('agent2', '#inbox')] },
  ];
  const channelFaults = { messages: { drop: 1 } };
  expect(await trial(phases, { channelFaults })).toMatchObject({ messages_sent: 1, messages_dropped: 1 });
  expect(printed).toEqual([]);
  expect(JSON.parse(file('conversation.json'))).toMatchObject([{ message: 'hello', delivered: false }]);
  // Both times are one fault.
  const late = { messages: { delay: '0.1s', drop: 1 } };
  await trial(phases, { runName: 'late', channelFaults: late });
  await trial(phases, { runName: 'late', channelFaults: { messages: { drop: 1, delay: 0.1 } } });
  await expect(
    trial(phases, { runName: 'late', channelFaults: { messages: { ...late.messages, seed: 2 } } }),
  ).rejects.toThrow('channel_faults');
  await expect(trial(phases)).rejects.toThrow('channel_faults: was {"messages":{"drop":1}}, is not set');
  await expect(trial(phases, { channelFaults: { tasks: { drop: 1 } } })).rejects.toThrow(
    'The faults of the channel "tasks" cannot be used: it is not open; open are messages, git.',
  );
  await expect(trial(phases, { channelFaults: { messages: { silent: 'agent3' } } })).rejects.toMatchObject({
    code: 'UNKNOWN_SEAT',
  });
  const refused = async (faults: object): Promise<void> =>
    expect(trial(phases, { channelFaults: faults as RunOptions['channelFaults'] })).rejects.toMatchObject({
      code: 'CHANNEL_FAULT',
    });
  await refused({ messages: { drop: 2 } });
  await refused({ messages: { delay: '5 h' } });
  await refused({ messages: { delay: -1 } });
  await refused({ git: { duplicate: 0.5 } });
});

test('a trial that has begun goes on when the budget is used up, with seats that have not worked yet', async () => {
  const result = await trial(
    [
      { name: 'implement', work: [work('agent1', '#step\n#usage\necho one >> lib.txt')] },
      { name: 'review', work: [work('agent2', '#step\n#usage\necho two >> lib.txt')] },
    ],
    { budgetUsd: 0.2 },
  );
  expect(statuses(result)).toEqual(['Completed', 'Completed']);
});

test.for(['work tree', 'setting'])(
  'a host that cannot read a patch in a later phase explains the loss: for the %s',
  async (reader) => {
    const result = await trial(function* () {
      const { seats } = yield { name: 'one', work: [work('agent1', '#step\necho one >> lib.txt')] };
      const scratch = join(logsDir, 'x/phased/shell_task/1/f1_f2.scratch.running');
      const patch = readdirSync(scratch).find((name) => name.endsWith('.patch')) ?? expect.fail('no patch');
      rmSync(join(scratch, patch));
      mkdirSync(join(scratch, patch));
      if (reader === 'setting') void seats.get('agent1')?.patch;
      yield { name: 'two', work: [work('agent1', '', { start: 'continue' })] };
    });
    expect(result.agents?.agent1).toMatchObject({
      status: 'Error',
      error: expect.stringContaining('EISDIR'),
    });
    const ledger = readFileSync(join(logsDir, 'x/ledger.jsonl'), 'utf8').trim().split('\n');
    const losses = ledger
      .map((line) => JSON.parse(line))
      .filter((line) => line.seat === 'agent1' && line.lost);
    expect(losses).toMatchObject([{ lost: { explained: 'outside' } }]);
  },
);
