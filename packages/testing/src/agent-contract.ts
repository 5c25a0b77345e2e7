// This file has more than 250 lines, because it is one list of short, independent cases.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  Agent,
  AgentContext,
  AgentResult,
  Inbox,
  ModelAccess,
  ModelUsage,
  Note,
  Sandbox,
} from '@cooperbench/core';
import { AgentError, runCommand, SandboxError } from '@cooperbench/core';
import { type FakeSeat, fakeSeat } from './fake-seat.ts';
import { hostSandbox } from './host-sandbox.ts';
import { slowness } from './slowness.ts';

/**
 * One turn of the agent or of its model. `run`: the agent runs a shell command in the repository. `crash`: the framework
 * exits in the middle of its work. The others are answers of the provider.
 */
export type AgentTurn =
  | { readonly run: string }
  | 'crash'
  | 'wrong key'
  | 'no credit'
  | 'wrong request'
  | 'rate limit'
  | 'server error'
  | 'context exceeded'
  /** The connection closes in the middle of the answer. */
  | 'broken answer'
  /** An answer with a part that is not JSON. */
  | 'malformed answer'
  /** A text whose first byte comes after a second. */
  | 'slow answer';

/** An ability that some agents have. A case that needs an ability applies only to agents with it. */
export type AgentAbility =
  /** The agent calls a model, so it has usage and errors of a provider. */
  | 'model'
  /** The model has a price, so the cost limit applies. */
  | 'price'
  /** The agent passes its seed to the model. */
  | 'seed'
  /** A message that arrives after the agent has finished starts it again. */
  | 'resume'
  /** The agent's framework is a program that can crash. */
  | 'crash';

/** An agent that takes the turns of a case and then finishes. */
export interface AgentUnderTest extends Partial<AsyncDisposable> {
  readonly agent: Agent;
  /** Default: the model `fake`. */
  readonly access?: ModelAccess;
  /** The requests to the provider, in order. Every answer uses 100 tokens of input and 10 of output. */
  readonly requests?: readonly unknown[];
  /** The provider's key. It must appear nowhere. */
  readonly key?: string;
}

export interface AgentSubject {
  readonly abilities: readonly AgentAbility[];
  open(turns: readonly AgentTurn[]): Promise<AgentUnderTest>;
  /** A sandbox for a case. Default: `hostSandbox`. */
  workspace?(): Promise<Sandbox>;
}

/** One promise of every agent. */
export interface AgentCase {
  readonly name: string;
  readonly needs?: AgentAbility;
  /** Rejects with an AssertionError when the agent breaks its promise. Never settles when the agent waits forever. */
  check(subject: AgentSubject): Promise<void>;
}

/** How long an agent may take to stop. Core waits 10 seconds. */
const stopMs = 5_000 * Math.ceil(slowness);
const caseMs = Math.ceil(60_000 * slowness);

/**
 * Finds a script that names the files below the work tree and the home directory that contain a text. An image may have no
 * grep.
 */
const findText = (text: string): string => `
look() {
  for path in "$1"/* "$1"/.[!.]*; do
    if [ -d "$path" ] && [ ! -L "$path" ]; then look "$path"
    elif [ -f "$path" ]; then case $(tr -d '\\0' < "$path") in *'${text}'*) echo "$path" ;; esac
    fi
  done
}
look "$PWD"; look "$HOME"`;

interface WorkingSeat extends FakeSeat, AsyncDisposable {
  readonly under: AgentUnderTest;
  readonly workspace: Sandbox;
  run(): Promise<AgentResult>;
  /** Runs a shell script in the sandbox and resolves with its output. */
  sh(script: string): Promise<string>;
}

/** Opens a seat whose agent takes these turns. */
async function openWorkingSeat(
  subject: AgentSubject,
  turns: readonly AgentTurn[],
  overrides: Partial<AgentContext> = {},
): Promise<WorkingSeat> {
  const workspace = await (subject.workspace ?? hostSandbox)();
  const under = await subject.open(turns).catch(async (error: unknown) => {
    await workspace[Symbol.asyncDispose]();
    throw error;
  });
  const seat = fakeSeat(workspace, { ...under.access, signal: AbortSignal.timeout(caseMs), ...overrides });
  return {
    ...seat,
    under,
    workspace,
    run: () => under.agent.run('Do what the case says.', seat.context),
    sh: async (script) => (await runCommand(workspace, ['sh', '-c', script])).stdout.toString(),
    async [Symbol.asyncDispose]() {
      await using _workspace = workspace;
      await under[Symbol.asyncDispose]?.();
    },
  };
}

/** Returns an inbox that a case writes to while the agent works. */
function openInbox(): Inbox & { send(text: string): void } {
  let waitingNotes: Note[] = [];
  let wake: () => void = () => {};
  return {
    send(text) {
      waitingNotes.push({ text });
      wake();
    },
    async take({ waitMs = 0, signal } = {}) {
      signal?.throwIfAborted();
      if (waitingNotes.length === 0 && waitMs > 0) {
        const came = new AbortController();
        wake = () => came.abort();
        const combinedSignal = signal ? AbortSignal.any([came.signal, signal]) : came.signal;
        await delay(waitMs, undefined, { signal: combinedSignal }).catch(() => signal?.throwIfAborted());
      }
      const notes = waitingNotes;
      waitingNotes = [];
      return notes;
    },
    giveBack(notes) {
      waitingNotes = [...notes, ...waitingNotes];
    },
  };
}

/**
 * Builds an inbox that answers at once, as that of a seat that has left. An agent that asks again and again takes a processor.
 */
function buildClosedInbox(): { readonly inbox: Inbox; takes(): number } {
  let takes = 0;
  const take = async (): Promise<readonly Note[]> => {
    takes += 1;
    return [];
  };
  return { inbox: { take, giveBack: () => {} }, takes: () => takes };
}

async function takesNoMore(takes: () => number): Promise<void> {
  const takesBefore = takes();
  await delay(200);
  assert.ok(
    takes() - takesBefore <= 1,
    `it asked for messages ${takes() - takesBefore} times after it had ended`,
  );
  assert.ok(takesBefore < 1000, `it asked for messages ${takesBefore} times`);
}

function sumUsage(usages: readonly ModelUsage[]): readonly number[] {
  const sum = (key: 'inputTokens' | 'outputTokens'): number =>
    usages.reduce((result, usage) => result + usage[key], 0);
  return [sum('inputTokens'), sum('outputTokens')];
}

/** Resolves with the error that the agent throws. Fails when the agent resolves. */
async function failure(running: Promise<AgentResult>): Promise<unknown> {
  return running.then(
    (result) => assert.fail(`the agent resolved with ${JSON.stringify(result)}`),
    (error: unknown) => error,
  );
}

/** Waits until the agent has written a file. Fails when the agent ends first. */
async function waitForFile(seat: WorkingSeat, file: string, running: Promise<unknown>): Promise<void> {
  const runEnd = running.then(
    (result) => `it resolved with ${JSON.stringify(result)}`,
    (error: unknown) => `it rejected with ${String(error)}`,
  );
  const fileWritten = seat.sh(`while [ ! -s ${file} ]; do sleep 0.05; done`).then(() => undefined);
  fileWritten.catch(() => {});
  const earlyEnd = await Promise.race([fileWritten, runEnd]);
  assert.equal(earlyEnd, undefined, `the agent ended before it wrote ${file}`);
}

type Check = (
  subject: AgentSubject,
  turns: readonly AgentTurn[],
  overrides: Partial<AgentContext>,
  check: (seat: WorkingSeat) => Promise<void>,
) => Promise<void>;

const checkAlone: Check = async (subject, turns, overrides, check) => {
  await using seat = await openWorkingSeat(subject, turns, overrides);
  await check(seat);
};

/** Checks a seat that others may write to. A framework that has ended must not ask for messages any more. */
const inPair: Check = async (subject, turns, overrides, check) => {
  const { inbox, takes } = buildClosedInbox();
  await using seat = await openWorkingSeat(subject, turns, {
    ...overrides,
    seat: 'agent1',
    peers: ['agent2'],
    inbox,
  });
  await check(seat);
  await takesNoMore(takes);
};

const aloneAndInPair: Check = async (...caseArguments) => {
  await Promise.all([checkAlone(...caseArguments), inPair(...caseArguments)]);
};

/** How a seat ends under stress. */
interface Stress {
  readonly name: string;
  readonly needs: AgentAbility;
  readonly turns: readonly AgentTurn[];
  readonly limits?: AgentContext['limits'];
  ends(
    runEnd: { readonly result?: AgentResult; readonly error?: unknown },
    seat: WorkingSeat,
  ): void | Promise<void>;
}

const expectFailure =
  (code: string, scope: AgentError['scope'], text: RegExp = /./): Stress['ends'] =>
  ({ result, error }) => {
    assert.ok(AgentError.is(error), `the agent ended with ${String(error ?? JSON.stringify(result))}`);
    assert.deepEqual([error.code, error.scope], [code, scope]);
    assert.match(error.message, text);
  };

/** Whether it counts is up to the framework, but the run goes on and nothing about its cost is unknown. */
const endsOnlyItself: Stress['ends'] = ({ error }, seat) => {
  assert.ok(error === undefined || (AgentError.is(error) && error.scope !== 'run'), String(error));
  assert.ok(
    seat.usages().every(({ costUsd }) => costUsd !== undefined),
    'a cost is not known',
  );
};

const expectCompletion: Stress['ends'] = async ({ result, error }, seat) => {
  assert.deepEqual([error, result?.status], [undefined, 'Completed']);
  assert.equal(await seat.sh('cat made.txt'), 'made\n');
};

/** The failure is the agent's own doing, so its patch is judged. */
const leavesWork: Stress['ends'] = async ({ result, error }, seat) => {
  assert.ok(AgentError.is(error), `the agent ended with ${String(error ?? JSON.stringify(result))}`);
  assert.equal(error.scope, 'work');
  assert.equal(await seat.sh('cat made.txt'), 'made\n');
};

const firstTurn = { run: 'echo made > made.txt' };

const stress: readonly Stress[] = [
  {
    name: 'a key that the provider refuses stops the run',
    ...{ needs: 'model', turns: ['wrong key'], ends: expectFailure('AGENT_AUTHENTICATION', 'run') },
  },
  {
    name: 'a key that the provider refuses in the middle of the work stops the run',
    ...{
      needs: 'model',
      turns: [firstTurn, 'wrong key'],
      ends: expectFailure('AGENT_AUTHENTICATION', 'run'),
    },
  },
  {
    name: 'an account without credit stops the run',
    ...{ needs: 'model', turns: ['no credit'], ends: expectFailure('AGENT_QUOTA', 'run') },
  },
  {
    name: 'an account whose credit ends in the middle of the work stops the run',
    ...{ needs: 'model', turns: [firstTurn, 'no credit'], ends: expectFailure('AGENT_QUOTA', 'run') },
  },
  {
    name: 'a rate limit that does not end is a failure of this seat only',
    ...{ needs: 'model', turns: ['rate limit'], ends: expectFailure('AGENT_MODEL_UNAVAILABLE', 'seat') },
  },
  {
    name: 'a provider that fails in the middle of the work is a failure of this seat only, and is named',
    ...{ needs: 'model', turns: [firstTurn, 'server error'] },
    ends: expectFailure('AGENT_MODEL_UNAVAILABLE', 'seat', /HTTP 500/),
  },
  {
    name: 'a provider that fails twice and then answers is no failure',
    ...{
      needs: 'model',
      turns: ['server error', 'server error', firstTurn, { run: 'true' }],
      ends: expectCompletion,
    },
  },
  {
    name: 'an answer that breaks off stops no run, and leaves no cost unknown',
    ...{ needs: 'price', turns: [firstTurn, 'broken answer', { run: 'true' }], limits: { maxCostUsd: 100 } },
    ends: endsOnlyItself,
  },
  {
    name: 'an answer that cannot be read stops no run, and leaves no cost unknown',
    ...{
      needs: 'price',
      turns: [firstTurn, 'malformed answer', { run: 'true' }],
      limits: { maxCostUsd: 100 },
    },
    ends: endsOnlyItself,
  },
  {
    name: 'an answer that comes late is an answer',
    ...{ needs: 'model', turns: [firstTurn, 'slow answer'], ends: expectCompletion },
  },
  {
    name: "a conversation that exceeds the model's context is the agent's own doing, and its work counts",
    ...{ needs: 'model', turns: [firstTurn, 'context exceeded'] },
    async ends(runEnd, seat) {
      if (runEnd.result?.status !== 'LimitsExceeded') return leavesWork(runEnd, seat);
      assert.equal(await seat.sh('cat made.txt'), 'made\n');
    },
  },
  {
    name: 'a framework that crashes leaves its work, and says so',
    ...{ needs: 'crash', turns: [firstTurn, 'crash'], ends: leavesWork },
  },
];

const listStressCases = (seats: Check): readonly AgentCase[] =>
  stress.map(({ name, needs, turns, limits, ends }) => ({
    name,
    needs,
    check: (subject) =>
      seats(subject, turns, limits ? { limits } : {}, async (seat) => {
        const runEnd = seat.run().then(
          (result) => ({ result }),
          (error: unknown) => ({ error }),
        );
        await ends(await runEnd, seat);
      }),
  }));

/** The promises of every agent. Leave out the cases that need an ability that the agent lacks. */
export const agentContract: readonly AgentCase[] = [
  {
    name: 'it works in the repository, records its steps, and completes',
    async check(subject) {
      await using seat = await openWorkingSeat(subject, [{ run: 'pwd > where; echo made > made.txt' }]);
      const result = await seat.run();
      assert.equal(result.status, 'Completed');
      assert.equal(await seat.sh('cat where made.txt'), `${seat.workspace.repoDir}\nmade\n`);
      assert.ok(seat.steps() > 0, 'it recorded no step');
      const messages = seat.messages();
      assert.notDeepEqual(messages, [], 'its trajectory is empty');
      const calls = messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id));
      for (const { role, tool_call_id } of calls.length > 0 ? messages : [])
        if (role === 'tool')
          assert.ok(calls.includes(tool_call_id ?? ''), `a result names the call ${tool_call_id}`);
    },
  },
  {
    name: 'an agent that says when it is ready does so before its first step, and waits for the others',
    async check(subject) {
      const gate = Promise.withResolvers<void>();
      let stepsBefore: number | undefined;
      const ready = (): Promise<void> => {
        stepsBefore ??= seat.steps();
        setTimeout(gate.resolve, 100);
        return gate.promise;
      };
      let hasBegun = false;
      let earlyTakes = 0;
      void gate.promise.then(() => {
        hasBegun = true;
      });
      await using seat = await openWorkingSeat(subject, [{ run: 'true' }], { ready });
      if (!seat.under.agent.saysReady) return;
      const { record } = seat.context;
      const running = seat.under.agent.run('Do what the case says.', {
        ...seat.context,
        record(event) {
          if (event.type === 'step' && !hasBegun) earlyTakes += 1;
          record(event);
        },
      });
      assert.equal((await running).status, 'Completed');
      assert.equal(stepsBefore, 0, 'it did not say that it was ready');
      assert.equal(earlyTakes, 0, 'it began before the others were ready');
    },
  },
  {
    name: 'bytes of files stay as they are, and a patch that it returns makes the same files',
    async check(subject) {
      const script = String.raw`printf 'a\r\nb  \n\n\377' > odd.bin; printf 'hello\n\n' > README.md`;
      await using seat = await openWorkingSeat(subject, [{ run: script }]);
      const { patch } = await seat.run();
      const files = 'od -c odd.bin README.md';
      const listing = await seat.sh(files);
      assert.match(listing, /\\r {2}\\n/);
      if (patch === undefined) return;
      await seat.workspace.writeFile(`${seat.workspace.patchesDir}/agent.patch`, patch);
      const apply = `git stash -qu && git apply ${seat.workspace.patchesDir}/agent.patch && ${files}`;
      assert.equal(await seat.sh(apply), listing);
    },
  },
  {
    name: 'a limit of steps ends it, and no step is recorded beyond',
    async check(subject) {
      const turns = [1, 2, 3].map((n) => ({ run: `echo ${n} >> turns` }));
      await using seat = await openWorkingSeat(subject, turns, { limits: { maxSteps: 2 } });
      assert.equal((await seat.run()).status, 'LimitsExceeded');
      assert.equal(seat.steps(), 2);
      assert.doesNotMatch(await seat.sh('cat turns'), /3/);
    },
  },
  {
    name: 'a limit of cost ends it',
    needs: 'price',
    async check(subject) {
      const turns = [1, 2, 3].map((n) => ({ run: `echo ${n} >> turns` }));
      await using seat = await openWorkingSeat(subject, turns, { limits: { maxCostUsd: 1e-9 } });
      assert.equal((await seat.run()).status, 'LimitsExceeded');
      // An agent that knows prices before it asks may ask for nothing.
      assert.ok(seat.usages().length <= 1, `it asked ${seat.usages().length} times`);
    },
  },
  {
    name: 'an abort stops it and everything that it runs',
    async check(subject) {
      const stop = new AbortController();
      const script = 'sleep 1000 & echo $! > pid; wait';
      await using seat = await openWorkingSeat(subject, [{ run: script }], { signal: stop.signal });
      const running = seat.run();
      await waitForFile(seat, 'pid', running);
      stop.abort(new Error('stopped'));
      const runEnd = running.then(
        () => undefined,
        () => undefined,
      );
      const lateEnd = await Promise.race([runEnd, delay(stopMs, 'late', { ref: false })]);
      assert.equal(lateEnd, undefined, `it still worked ${stopMs} ms after the abort`);
      const alive =
        'kill -0 $(cat pid) 2>/dev/null && case $(cat /proc/$(cat pid)/status) in *"(zombie)"*) false ;; esac';
      const left = await seat.sh(
        `for n in 1 2 3 4 5 6 7 8 9; do ${alive} || exit 0; sleep 0.2; done; echo left`,
      );
      assert.equal(left, '', 'a process that it started is left');
    },
  },
  {
    name: 'a seat that is stopped before it starts does nothing',
    async check(subject) {
      await using seat = await openWorkingSeat(subject, [{ run: 'echo made > made.txt' }], {
        signal: AbortSignal.abort(new Error('stopped')),
      });
      await assert.rejects(seat.run());
      assert.equal(await seat.sh('ls made.txt 2>/dev/null'), '');
    },
  },
  {
    name: 'a message reaches it while it works, and is in its trajectory',
    async check(subject) {
      const inbox = openInbox();
      const turns = [{ run: 'echo $$ > started; while [ ! -e go ]; do sleep 0.05; done' }, { run: 'true' }];
      const peers = { seat: 'agent1', peers: ['agent2'], inbox };
      await using seat = await openWorkingSeat(subject, turns, peers);
      const running = seat.run();
      await waitForFile(seat, 'started', running);
      inbox.send('[Message from agent2]: I take README.md.');
      await seat.sh('sleep 0.2; : > go');
      assert.equal((await running).status, 'Completed');
      assert.match(JSON.stringify(seat.messages()), /I take README\.md/);
      const { requests } = seat.under;
      if (requests) assert.match(JSON.stringify(requests), /I take README\.md/);
      assert.deepEqual(await inbox.take(), []);
    },
  },
  {
    name: 'a message that comes when it has finished starts it again',
    needs: 'resume',
    async check(subject) {
      const inbox = openInbox();
      const peers = { seat: 'agent1', peers: ['agent2'], inbox };
      await using seat = await openWorkingSeat(subject, [], peers);
      const { record } = seat.context;
      let hasSent = false;
      const context: AgentContext = {
        ...seat.context,
        record(event) {
          record(event);
          if (event.type !== 'step' || hasSent) return;
          hasSent = true;
          inbox.send('[Message from agent2]: One more thing.');
        },
      };
      assert.equal((await seat.under.agent.run('Finish.', context)).status, 'Completed');
      assert.match(JSON.stringify(seat.under.requests?.slice(1)), /One more thing/);
    },
  },
  {
    name: 'a seed reaches its model with every request, and without one there is none',
    needs: 'seed',
    async check(subject) {
      const seeds = async (seed?: number): Promise<(string | undefined)[]> => {
        await using seat = await openWorkingSeat(subject, [{ run: 'true' }], { seed });
        assert.equal((await seat.run()).status, 'Completed');
        return (seat.under.requests ?? []).map(
          (request) => /"seed":(\d+)/.exec(JSON.stringify(request))?.[1],
        );
      };
      assert.deepEqual(await seeds(907), ['907', '907']);
      assert.deepEqual(await seeds(), [undefined, undefined]);
    },
  },
  {
    name: 'usage is what the provider reports',
    needs: 'model',
    async check(subject) {
      await using seat = await openWorkingSeat(subject, [{ run: 'true' }, { run: 'true' }]);
      assert.equal((await seat.run()).status, 'Completed');
      const answers = seat.under.requests?.length ?? 0;
      assert.ok(answers >= 3, `the provider was asked ${answers} times`);
      assert.equal(seat.usages().length, answers);
      assert.deepEqual(sumUsage(seat.usages()), [100 * answers, 10 * answers]);
    },
  },
  {
    name: 'a failure before the first answer of the model is a failure of this seat only',
    needs: 'model',
    async check(subject) {
      await using seat = await openWorkingSeat(subject, ['wrong request']);
      const error = await failure(seat.run());
      assert.ok(AgentError.is(error), String(error));
      assert.equal(error.scope, 'seat');
    },
  },
  {
    name: 'a sandbox that is lost is infrastructure',
    check: (subject) =>
      aloneAndInPair(subject, [{ run: 'echo $$ > pid; sleep 1000' }, { run: 'true' }], {}, async (seat) => {
        const running = seat.run();
        await waitForFile(seat, 'pid', running);
        await seat.workspace[Symbol.asyncDispose]();
        const error = await failure(running);
        assert.ok(SandboxError.is(error), String(error));
      }),
  },
  ...listStressCases(aloneAndInPair),
  {
    name: 'the key is in no record, no file and no environment of the sandbox',
    needs: 'model',
    async check(subject) {
      await using seat = await openWorkingSeat(subject, [
        { run: 'env > environment; cat /proc/$PPID/cmdline >> environment' },
      ]);
      const result = await seat.run();
      const { key } = seat.under;
      assert.ok(key, 'the subject names no key');
      assert.ok(!JSON.stringify([seat.events, result]).includes(key), 'the key is in the records');
      assert.notEqual(await seat.sh('cat environment'), '');
      assert.equal(await seat.sh(findText(key)), '', 'the key is in the sandbox');
    },
  },
  {
    name: 'concurrent seats do not disturb each other',
    async check(subject) {
      await using seat = await openWorkingSeat(subject, [{ run: 'echo first > made.txt' }]);
      await using secondSeat = await openWorkingSeat(subject, [{ run: 'echo second > made.txt' }]);
      const results = await Promise.all([seat.run(), secondSeat.run()]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ['Completed', 'Completed'],
      );
      assert.deepEqual(
        [await seat.sh('cat made.txt'), await secondSeat.sh('cat made.txt')],
        ['first\n', 'second\n'],
      );
    },
  },
  {
    name: 'preflight resolves with texts',
    async check(subject) {
      await using seat = await openWorkingSeat(subject, []);
      const { under } = seat;
      const notices = (await under.agent.preflight?.(under.access ?? { model: 'fake' })) ?? [];
      for (const notice of notices) assert.equal(typeof notice, 'string');
    },
  },
];

/**
 * The cases about messages of other seats. They are enough for a variant of an agent whose other behaviour `agentContract` has
 * tested already.
 */
export const agentContractInPair: readonly AgentCase[] = [
  ...agentContract.filter(({ name }) => name.startsWith('a message ')),
  ...listStressCases(inPair),
];
