import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostSandbox } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Sandbox } from '../contracts/backend.ts';
import type { SeatLimitError } from '../contracts/errors.ts';
import { seatBounds } from '../contracts/seat-bounds.ts';
import { defaultTimeLimits } from '../plugins/time-limits.ts';
import { runCommand } from '../sandbox/command.ts';
import { makeGitChannel } from './git/git-channel.ts';
import { Relay, type RelayOptions } from './relay.ts';
import { TrialChannels } from './trial-channels.ts';

let sandbox: Sandbox;
let limits: SeatLimitError[];
let calls: number;

beforeEach(async () => {
  sandbox = await hostSandbox();
  limits = [];
  calls = 0;
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const start = (bounds: RelayOptions['bounds']): Promise<Relay> =>
  Relay.start({
    seat: 'agent1',
    workspace: sandbox,
    commands: [{ name: 'poke', usage: 'poke', hidden: true }],
    run: ({ signal }) => {
      calls += 1;
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
    },
    onLost: () => {},
    onLimit: (error) => limits.push(error),
    ...(bounds && { bounds }),
  });
/** Runs a script until the seat passes a limit, as core does. */
async function shUntilLimit(script: string, ...args: string[]): Promise<void> {
  const ended = new AbortController();
  const running = runCommand(sandbox, ['sh', '-c', script, 'sh', ...args], { signal: ended.signal });
  running.catch(() => {});
  await expect.poll(() => limits.length).toBe(1);
  ended.abort();
  await running.catch(() => {});
}

test('ten times as many calls at once as may wait: none too many reaches the host, and the seat passes a limit', async () => {
  await using relay = await start(undefined);
  const script = 'n=0; while [ $n -lt "$2" ]; do "$1" & n=$((n + 1)); done; wait';
  await shUntilLimit(script, relay.executable('poke'), String(10 * seatBounds.pendingCalls));
  expect(limits).toMatchObject([
    {
      limit: 'pendingCalls',
      message: 'The seat passed its limit "pendingCalls": at most 32 calls that wait for their answer.',
    },
  ]);
  expect(calls).toBe(seatBounds.pendingCalls);
});

test.for([
  ['lines', 'relayLines', 'x', 2000],
  ['bytes', 'relayBytes', 'x'.repeat(500), 200],
] as const)('ten times as many %s as a relay may print pass a limit', async ([, limit, id, count]) => {
  const bounds = { pendingCalls: 1, relayBytes: 10_000, relayLines: 200 };
  await using relay = await start(bounds);
  const folder = join(relay.executable('poke'), '../..');
  const script = 'n=0; while [ $n -lt "$2" ]; do echo "printed.req.$3"; n=$((n + 1)); done 1<> "$1/in"';
  await shUntilLimit(script, folder, String(count), id);
  expect(limits.map((error) => error.limit)).toEqual([limit]);
});

test('a seat that pushes ten times as much as it may passes a limit, and its peer pushes on', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'cooperbench-team-'));
  const { signal } = new AbortController();
  const exceeded: string[] = [];
  const peer = await hostSandbox();
  const seats = ['agent1', 'agent2'].map((id) => ({ id, features: [1], fileStem: id }));
  try {
    await using channels = new TrialChannels({
      ...{ id: 't', seats, limits: defaultTimeLimits, signal, closing: signal },
      scratch: (name) => join(scratch, name),
      mailbox: () => Promise.reject(new Error('there is none')),
      emit: () => {},
      exceed: (seat, { limit }) => exceeded.push(`${seat} ${limit}`),
      warn: () => {},
    });
    const channel = makeGitChannel(300_000);
    await channels.open([{ name: 'git', channel, title: 'The channel "git"' }], signal);
    const push = async (seat: string, workspace: Sandbox, bytes: number): Promise<number> => {
      const { commands, run } = channels;
      const nothing = { onLost: () => {}, onLimit: () => {} };
      await using relay = await Relay.start({ seat, workspace, commands, run, ...nothing });
      const executable = (name: string): string => relay.executable(name);
      await channels.join(seat, { workspace, executable, signal });
      const script =
        'head -c "$1" /dev/urandom > big && git add big && git -c user.name=a -c user.email=a@a commit -qm big && git push -q team "$2"';
      return (await runCommand(workspace, ['sh', '-c', script, 'sh', String(bytes), seat])).exitCode;
    };
    expect(await push('agent1', sandbox, 3_000_000)).not.toBe(0);
    expect(await push('agent2', peer, 200_000)).toBe(0);
    expect(exceeded).toEqual(['agent1 pushedBytes']);
  } finally {
    await peer[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  }
});
