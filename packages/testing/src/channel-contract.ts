// This file has more than 250 lines, because it is one list of short, independent cases.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadableStream, WritableStream } from 'node:stream/web';
import {
  type AllChannels,
  type Channel,
  type CommandResult,
  type Note,
  type OpenChannel,
  runCommand,
  type SeatAnswer,
  type SeatCall,
  type SeatPlan,
  TrialMailboxes,
  type Workspace,
} from '@cooperbench/core';
import { findChannelFault, maxAnswerBytes, Relay } from '@cooperbench/core/host';
import { hostSandbox } from './host-sandbox.ts';

/** The channel under test. */
export interface ChannelSubject {
  readonly channel: Channel;
  /**
   * Shell commands that run in order in the first seat's sandbox and exit with 0, such as `tasks add TEXT`. Those of a channel with
   * an `inbox` leave notes for another seat.
   */
  readonly scripts?: readonly string[];
  /** Two or more seats, in merge order. By default: `agent1` and `agent2`, with a feature each. */
  readonly seats?: readonly SeatPlan[];
  /** Opens a fresh sandbox with a repository. By default: `hostSandbox`. */
  readonly openSandbox?: () => Promise<Workspace & AsyncDisposable>;
}

/** One promise of every channel. */
export interface ChannelCase {
  readonly name: string;
  /** Rejects with an AssertionError when the channel breaks its promise. Never settles when the channel waits forever. */
  check(subject: ChannelSubject): Promise<void>;
}

/** For a test that opens a channel which does not ask for the others. */
export const noChannels: AllChannels = {
  commands: () => [],
  run: () => Promise.reject(new Error('no channel is open')),
  inbox: async () => undefined,
};

const pair: readonly SeatPlan[] = [1, 2].map((feature) => ({
  id: `agent${feature}`,
  features: [feature],
  fileStem: `agent${feature}`,
}));

type Seats = readonly [SeatPlan, SeatPlan, ...SeatPlan[]];

function buildSeats({ seats = pair }: ChannelSubject): Seats {
  const [firstSeat, secondSeat, ...otherSeats] = seats;
  assert.ok(firstSeat && secondSeat, 'the subject has fewer than two seats');
  return [firstSeat, secondSeat, ...otherSeats];
}

/** Arguments that a model or hostile code may give. */
const oddArguments = [[], [''], ['--nonsense'], ['-1'], ['../..', 'NaN', '$(id)'], ['x'.repeat(100_000)]];

/** Opens the channel for a trial, runs a check, and disposes the trial, even if the check fails. */
async function withTrial(
  subject: ChannelSubject,
  check: (trial: OpenChannel, seats: Seats) => Promise<void>,
): Promise<void> {
  const { channel } = subject;
  const seats = buildSeats(subject);
  const folder = await mkdtemp(join(tmpdir(), 'cooperbench-channel-'));
  const mailboxes = new TrialMailboxes();
  try {
    const trial: OpenChannel = await channel.open({
      id: 'coop/some_task/1/f1_f2',
      seats,
      directory: join(folder, 'channel'),
      mailbox: async (seat) => mailboxes.open(seat),
      // It is the only one.
      channels: {
        commands: () => channel.commands,
        run: (call) => trial.run(call),
        inbox: async (seat) => trial.inbox?.(seat),
      },
      emit: () => {},
    });
    try {
      await check(trial, seats);
    } finally {
      await trial[Symbol.asyncDispose]();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Calls a command as the relay does, from a caller with an empty standard input. Returns undefined if the command failed. */
async function call(
  trial: OpenChannel,
  partialCall: Pick<SeatCall, 'seat' | 'command'> & Partial<SeatCall>,
): Promise<SeatAnswer | undefined> {
  const answer = (async () =>
    trial.run({
      args: [],
      signal: new AbortController().signal,
      stdin: async () => new Uint8Array(),
      stream: async () => ({
        readable: new ReadableStream({ start: (controller) => controller.close() }),
        writable: new WritableStream(),
      }),
      ...partialCall,
    }))();
  return answer.catch((error: unknown) => {
    assert.ok(error instanceof Error, `it threw ${String(error)}, which is not an Error`);
    return undefined;
  });
}

function assertAnswer(seatAnswer: SeatAnswer | undefined): void {
  if (seatAnswer === undefined) return;
  const { exitCode = 0, stdout = '', stderr = '' } = seatAnswer;
  assert.ok(Number.isInteger(exitCode) && exitCode >= 0 && exitCode <= 255, `the exit code is ${exitCode}`);
  assert.equal(typeof stdout, 'string');
  assert.equal(typeof stderr, 'string');
  assert.ok(
    Buffer.byteLength(stdout) + Buffer.byteLength(stderr) <= maxAnswerBytes,
    'the answer is too long',
  );
}

/** Runs a check with a sandbox for each seat, which has the channel's commands as in a trial. `sh` runs a script there. */
async function withSandboxes(
  subject: ChannelSubject,
  trial: OpenChannel,
  check: (sh: (seat: SeatPlan, script: string) => Promise<CommandResult>) => Promise<void>,
  workspaces: ReadonlyMap<string, Workspace> = new Map(),
): Promise<void> {
  const { openSandbox = hostSandbox } = subject;
  const id = buildSeats(subject)[workspaces.size]?.id;
  if (id === undefined)
    return check((seat, script) => {
      const workspace = workspaces.get(seat.id);
      assert.ok(workspace);
      return runCommand(workspace, ['sh', '-c', `exec < /dev/null; ${script}`]);
    });
  await using workspace = await openSandbox();
  await using _seat = { [Symbol.asyncDispose]: async () => trial.leave?.(id) };
  await using relay = await Relay.start({
    seat: id,
    workspace,
    commands: subject.channel.commands,
    run: (seatCall) => trial.run(seatCall),
    onLost: () => {},
    onLimit: () => {},
  });
  await trial.join?.(id, { workspace, executable: (command) => relay.executable(command) });
  await withSandboxes(subject, trial, check, new Map([...workspaces, [id, workspace]]));
}

/** The promises of every channel. */
export const channelContract: readonly ChannelCase[] = [
  {
    name: 'commands have well-formed names, and a usage of one line that begins with the name',
    async check({ channel }) {
      assert.equal(findChannelFault(channel), undefined);
      assert.equal(new Set(channel.commands.map(({ name }) => name)).size, channel.commands.length);
    },
  },
  {
    name: 'preflight resolves with texts',
    async check({ channel }) {
      for (const notice of (await channel.preflight?.({})) ?? []) assert.equal(typeof notice, 'string');
    },
  },
  {
    name: 'a trial is opened, and disposing of it twice is harmless',
    check: (subject) =>
      withTrial(subject, async (trial) => {
        await trial[Symbol.asyncDispose]();
      }),
  },
  {
    name: 'a trial is opened again after it has closed',
    async check(subject) {
      for (let n = 0; n < 2; n += 1) await withTrial(subject, async () => {});
    },
  },
  {
    name: 'every seat has instructions',
    check: (subject) =>
      withTrial(subject, async (trial, seats) => {
        for (const seat of seats) assert.notEqual(trial.instructions(seat).trim(), '');
      }),
  },
  {
    name: 'every command answers or fails, whatever its arguments are',
    check: (subject) =>
      withTrial(subject, async (trial, [firstSeat]) => {
        for (const { name } of subject.channel.commands) {
          for (const args of oddArguments)
            assertAnswer(await call(trial, { seat: firstSeat.id, command: name, args }));
        }
      }),
  },
  {
    name: 'a call whose caller has gone ends',
    check: (subject) =>
      withTrial(subject, async (trial, [firstSeat]) => {
        const reason = new Error('the caller has gone');
        const refuseAsGone = (): Promise<never> => Promise.reject(reason);
        const signal = AbortSignal.abort(reason);
        for (const { name: command } of subject.channel.commands)
          assertAnswer(
            await call(trial, {
              seat: firstSeat.id,
              command,
              signal,
              stdin: refuseAsGone,
              stream: refuseAsGone,
            }),
          );
      }),
  },
  {
    name: 'a seat that the trial does not have does no harm',
    check: (subject) =>
      withTrial(subject, async (trial, seats) => {
        await trial.leave?.('nobody');
        for (const { name } of subject.channel.commands)
          assertAnswer(await call(trial, { seat: 'nobody', command: name }));
        for (const seat of seats) assert.notEqual(trial.instructions(seat).trim(), '');
      }),
  },
  {
    name: 'a call after leave ends, and peers continue',
    check: (subject) =>
      withTrial(subject, async (trial, [firstSeat, secondSeat]) => {
        await trial.leave?.(firstSeat.id);
        await trial.leave?.(firstSeat.id);
        for (const seat of [firstSeat, secondSeat]) {
          for (const { name } of subject.channel.commands)
            assertAnswer(await call(trial, { seat: seat.id, command: name }));
        }
      }),
  },
  {
    name: 'an inbox that is empty gives no notes, with and without a wait',
    check: (subject) =>
      withTrial(subject, async (trial, [firstSeat]) => {
        const inbox = trial.inbox?.(firstSeat.id);
        assert.ok(Array.isArray((await inbox?.take()) ?? []));
        assert.ok(Array.isArray((await inbox?.take({ waitMs: 20 })) ?? []));
        inbox?.giveBack([]);
      }),
  },
  {
    name: 'notes that could not be shown come again, once',
    check: (subject) =>
      withTrial(subject, (trial, seats) =>
        withSandboxes(subject, trial, async (sh) => {
          for (const script of subject.scripts ?? []) await sh(seats[0], script);
          for (const { id } of seats) {
            const inbox = trial.inbox?.(id);
            const notes = (await inbox?.take()) ?? [];
            inbox?.giveBack(notes);
            const listTexts = (of: readonly Note[] = []): string[] => of.map(({ text }) => text);
            assert.deepEqual(listTexts(await inbox?.take()), listTexts(notes));
            assert.deepEqual(listTexts(await inbox?.take()), []);
          }
        }),
      ),
  },
  {
    name: 'metrics are JSON, and have the names that the channel declares',
    check: (subject) =>
      withTrial(subject, async (trial, [firstSeat]) => {
        await withSandboxes(subject, trial, async (sh) => {
          for (const script of subject.scripts ?? []) await sh(firstSeat, script);
        });
        const metrics = trial.metrics?.() ?? {};
        assert.deepEqual(JSON.parse(JSON.stringify(metrics)), metrics);
        const { metrics: declared = {} } = subject.channel;
        assert.deepEqual(
          Object.keys(metrics).filter((name) => !Object.hasOwn(declared, name)),
          [],
        );
      }),
  },
  {
    name: 'concurrent trials share nothing',
    check: (subject) =>
      withTrial(subject, (trial, [firstSeat, secondSeat]) =>
        withTrial(subject, async (secondTrial) => {
          const metricsBefore = structuredClone(secondTrial.metrics?.());
          await withSandboxes(subject, trial, async (sh) => {
            for (const script of subject.scripts ?? []) await sh(firstSeat, script);
          });
          assert.deepEqual(secondTrial.metrics?.(), metricsBefore);
          assert.deepEqual((await secondTrial.inbox?.(secondSeat.id)?.take()) ?? [], []);
        }),
      ),
  },
  {
    name: 'seats join from sandboxes, where every command exists and states its usage',
    check: (subject) =>
      withTrial(subject, (trial, seats) =>
        withSandboxes(subject, trial, async (sh) => {
          for (const seat of seats) {
            for (const { name, usage } of subject.channel.commands.filter(({ hidden }) => !hidden)) {
              const { exitCode, stdout } = await sh(seat, `${name} --help`);
              assert.deepEqual([exitCode, stdout.toString()], [0, `usage: ${usage}\n`]);
            }
          }
        }),
      ),
  },
  {
    name: 'scripts of the subject exit with 0 in a sandbox',
    check: (subject) =>
      withTrial(subject, (trial, [firstSeat]) =>
        withSandboxes(subject, trial, async (sh) => {
          for (const script of subject.scripts ?? []) {
            const { exitCode, stderr } = await sh(firstSeat, script);
            assert.equal(exitCode, 0, `${script}: ${stderr.toString()}`);
          }
        }),
      ),
  },
  {
    name: 'a seat joins again from the sandbox of its next phase, and its commands work there',
    check: (subject) =>
      withTrial(subject, async (trial, [firstSeat]) => {
        const { openSandbox = hostSandbox } = subject;
        for (const phase of ['first', 'second']) {
          await using workspace = await openSandbox();
          await using relay = await Relay.start({
            ...{ seat: firstSeat.id, workspace, commands: subject.channel.commands },
            run: (seatCall) => trial.run(seatCall),
            onLost: () => {},
            onLimit: () => {},
          });
          await trial.join?.(firstSeat.id, {
            workspace,
            executable: (command) => relay.executable(command),
            signal,
          });
          for (const { name, hidden } of subject.channel.commands) {
            if (hidden) continue;
            const { exitCode } = await runCommand(workspace, ['sh', '-c', `${name} --help < /dev/null`]);
            assert.equal(exitCode, 0, `${name} does not work in the ${phase} sandbox`);
          }
        }
      }),
  },
];

const { signal } = new AbortController();
