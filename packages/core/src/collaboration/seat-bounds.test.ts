import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostSandbox } from '@cooperbench/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
  const endController = new AbortController();
  const running = runCommand(sandbox, ['sh', '-c', script, 'sh', ...args], { signal: endController.signal });
  running.catch(() => {});
  await expect.poll(() => limits.length).toBe(1);
  endController.abort();
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

describe('the shared repository', () => {
  let scratch: string;
  let exceeded: string[];
  let peer: Sandbox;
  beforeEach(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'cooperbench-team-'));
    exceeded = [];
    peer = await hostSandbox();
  });
  afterEach(async () => {
    await peer[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Opens a repository to which a seat may push 300,000 bytes. Resolves with what commits random bytes and pushes them. */
  async function openRepository() {
    const { signal } = new AbortController();
    const seats = ['agent1', 'agent2'].map((id) => ({ id, features: [1], fileStem: id }));
    const channels = new TrialChannels({
      ...{ id: 't', seats, limits: defaultTimeLimits, signal, closing: signal },
      scratch: (name) => join(scratch, name),
      mailbox: () => Promise.reject(new Error('there is none')),
      emit: () => {},
      exceed: (seat, { limit }) => exceeded.push(`${seat} ${limit}`),
      warn: () => {},
    });
    const channel = makeGitChannel(300_000);
    await channels.open([{ name: 'git', channel, title: 'The channel "git"' }], signal);
    const push = async (seat: string, bytes: number): Promise<{ exitCode: number; stderr: string }> => {
      const workspace = seat === 'agent1' ? sandbox : peer;
      const { commands, run } = channels;
      const nothing = { onLost: () => {}, onLimit: () => {} };
      await using relay = await Relay.start({ seat, workspace, commands, run, ...nothing });
      const executable = (name: string): string => relay.executable(name);
      await channels.join(seat, { workspace, executable, signal });
      const script = `git config user.name a; git config user.email a@a
git rev-parse -q --verify base > /dev/null || git branch base; git reset -q --hard base
head -c "$1" /dev/urandom > big && git add big && git commit -qm big && git push -qf team "HEAD:$2"`;
      const argv = ['sh', '-c', script, 'sh', String(bytes), seat];
      const { exitCode, stderr } = await runCommand(workspace, argv);
      return { exitCode, stderr: stderr.toString() };
    };
    return { push, [Symbol.asyncDispose]: () => channels[Symbol.asyncDispose]() };
  }

  test('a seat whose pushes have ten times as much as it may push passes a limit, and its peer pushes on', async () => {
    await using repository = await openRepository();
    // git stops reading each when it passes the limit of one push.
    for (let pushes = 0; pushes < 3; pushes += 1)
      expect((await repository.push('agent1', 1_000_000)).exitCode).not.toBe(0);
    expect(await repository.push('agent2', 100_000)).toEqual({ exitCode: 0, stderr: '' });
    expect(new Set(exceeded)).toEqual(new Set(['agent1 pushedBytes']));
  });

  test('one push over half of that is refused, git tells the seat why, and a smaller one passes', async () => {
    await using repository = await openRepository();
    const { exitCode, stderr } = await repository.push('agent1', 200_000);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('remote: fatal: pack exceeds maximum allowed size (146.48 KiB)');
    expect(stderr).toContain('[remote rejected] HEAD -> agent1');
    expect(await repository.push('agent1', 50_000)).toEqual({ exitCode: 0, stderr: '' });
    expect(exceeded).toEqual([]);
  });
});
