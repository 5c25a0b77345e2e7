import { setTimeout as delay } from 'node:timers/promises';
import {
  type Agent,
  type AgentContext,
  type AgentResult,
  type Backend,
  type Channel,
  type Evaluator,
  evaluationSpec,
  failedEvaluation,
  type KeptJob,
  type Mailbox,
  type MessageBus,
  type OpenChannel,
  type Phase,
  type Plugin,
  runCommand,
  runJobsInSandboxes,
  type Setting,
  type Submission,
} from '@cooperbench/core';
import { createMemoryBus } from '@cooperbench/core/host';
import { faultyBackend, hostBackend, type MethodFault, withFaults } from '@cooperbench/testing';

/** A plugin that provides one of each kind. Some methods, such as `bus.open` or `mailbox.send`, have a fault. */
export interface FaultyPlugin {
  readonly plugin: Plugin;
  /** Resolves when one of the methods was called. */
  readonly reached: Promise<void>;
  readonly backend: ReturnType<typeof hostBackend>;
}

/**
 * Makes the plugin. Its agent does its feature, reads its inbox, gives it back, writes and reads a file, and calls the commands of
 * the channels `messages` and `c`, each for at most a second.
 */
export function faultyPlugin(methods: readonly string[], fault: MethodFault): FaultyPlugin {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const ofKind = (kind: string): string[] =>
    methods.flatMap((name) => (name.startsWith(`${kind}.`) ? name.slice(kind.length + 1) : []));
  const spoil = <T extends object>(kind: string, object: T, after: readonly string[] = []): T =>
    withFaults(object, { methods: ofKind(kind), fault, after, onCall: resolve });
  const create = <T>(kind: string, make: () => T): (() => T) => spoil(kind, { make }).make;
  const none = { async [Symbol.asyncDispose]() {} };

  const agent = (): Agent =>
    spoil('agent', { ...none, run: work, preflight: async () => [], knowsPrice: async () => true }, ['run']);
  const sandboxes = hostBackend();
  const backend = (): Backend => {
    const { create } = sandboxes;
    const made: Backend = faultyBackend(
      {
        ...none,
        create: async (...callArguments) => ({
          ...(await create(...callArguments)),
          restart: async () => {},
          keep: async () => {},
        }),
        resolveNetwork: async () => 'host',
        preflight: async () => [],
        prepare: async () => ({ from: 'image', reference: 'r', made: false }),
        hasImage: async () => true,
        clean: async () => [],
        // A backend that runs jobs itself is not asked to keep sandboxes.
        ...(methods.some((name) => /^(backend\.hasKept|sandbox\.keep)$/.test(name))
          ? { hasKept: async () => false }
          : { runJobs: (jobs, options) => runJobsInSandboxes(made, jobs, options) }),
      },
      {
        methods: [...ofKind('backend'), ...methods.filter((name) => /^(sandbox|process)\./.test(name))],
        fault,
        onCall: resolve,
      },
    );
    return made;
  };
  const mailbox = (real: Mailbox): Mailbox => spoil('mailbox', real);
  const bus = (): MessageBus => {
    const memory = createMemoryBus();
    const open: MessageBus['open'] = async (...callArguments) => mailbox(await memory.open(...callArguments));
    return spoil('bus', { ...none, open, beginPhase: async () => {}, preflight: async () => [] });
  };
  const inbox = () => spoil('inbox', { take: async () => [{ text: 'a note' }], giveBack: () => {} });
  const answer = () => spoil('answer', { stdout: 'poked\n', settled: () => {} });
  const trialChannel = (): OpenChannel =>
    spoil('trialChannel', {
      ...none,
      run: async () => answer(),
      instructions: () => 'Poke.',
      join: async () => {},
      inbox,
      leave: async () => {},
      metrics: () => ({ pokes: 1 }),
    });
  const channel = (): Channel =>
    spoil('channel', {
      ...none,
      commands: [{ name: 'poke', usage: 'poke' }],
      metrics: { pokes: {} },
      preflight: async () => [],
      open: async () => trialChannel(),
    });
  const setting = (): Setting =>
    spoil('setting', {
      seats: () => [{ id: 'one', features: [1], fileStem: 'one' }],
      channels: ['messages', 'c'],
      judged: 'merge',
      task: () => 'Do it.',
      // Only a setting with phases tells the bus of them.
      ...(methods.includes('bus.beginPhase') && {
        *phases() {
          yield { name: 'work', work: [{ seat: 'one', task: 'Do it.', start: 'fresh' }] } as const;
        },
      }),
      instructions: () => 'Alone.',
      ...(methods.some((name) => /phase/i.test(name)) && { phases: onePhase }),
    });
  const evaluator = (): Evaluator =>
    spoil('evaluator', {
      ...none,
      preflight: async () => [],
      async *evaluate(submissions, { runJobs, keepSandboxes = noSandboxes }) {
        for await (const _ of keepSandboxes(submissions.map(jobToKeep)));
        for await (const _ of runJobs([]));
        for (const submission of submissions)
          yield { submission, evaluation: failedEvaluation('not judged') };
      },
    });
  const plugin: Plugin = {
    name: 'p',
    apiVersion: 1,
    agents: { a: { create: create('agent', agent) } },
    backends: { h: { create: create('backend', backend) } },
    buses: { b: { create: create('bus', bus) } },
    channels: { c: { create: create('channel', channel) } },
    settings: { s: { create: create('setting', setting) } },
    evaluators: { e: { create: create('evaluator', evaluator) } },
    mergePolicies: { m: { create: create('mergePolicy', () => ({ strategy: 'm' })) } },
  };
  return { plugin, reached, backend: sandboxes };
}

function* onePhase(): Generator<Phase, void> {
  yield { name: 'all', work: [{ seat: 'one', task: 'Do it.', start: 'fresh' }] };
}

async function* noSandboxes(): AsyncGenerator<string> {}

function jobToKeep(submission: Submission): KeptJob {
  return {
    ...{ id: 'kept', key: 'kept', isToKeep: () => true, timeoutMs: 60_000 },
    spec: evaluationSpec(submission, { runName: 'x', timeoutMs: 60_000 }),
    ...{ program: 'read -r mark', files: new Map(), outputs: new Map() },
  };
}

async function work(_task: string, context: AgentContext): Promise<AgentResult> {
  const { workspace, inbox, signal, record } = context;
  record({ type: 'step' });
  const tokens = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
  record({ type: 'usage', usage: { costUsd: 0.5, ...tokens } });
  const sh = (script: string) => runCommand(workspace, ['sh', '-c', script], { signal });
  await sh('echo feature 1 >> lib.txt');
  await workspace.writeFile(`${workspace.patchesDir}/note`, 'x', { signal });
  await workspace.readFile(`${workspace.patchesDir}/note`, { signal });
  const notes = (await inbox?.take({ signal })) ?? [];
  inbox?.giveBack(notes);
  await sh('timeout 1 poke; timeout 1 send_message all hello; timeout 1 read_messages --wait 0.01; true');
  await delay(1);
  return { status: 'Completed' };
}
