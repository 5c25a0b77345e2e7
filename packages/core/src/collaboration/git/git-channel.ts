import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { TransformStream, type WritableStream } from 'node:stream/web';
import { Deadline } from '../../async/deadline.ts';
import type {
  Channel,
  ChannelContext,
  JoinedSandbox,
  MovedRef,
  OpenChannel,
  SeatAnswer,
  SeatCall,
  SeatStream,
} from '../../contracts/channel.ts';
import { SandboxError, SeatLimitError } from '../../contracts/errors.ts';
import { seatBounds } from '../../contracts/seat-bounds.ts';
import type { SeatPlan } from '../../contracts/setting.ts';
import { runCommand } from '../../sandbox/command.ts';
import { createWebReadable } from '../../sandbox/web-readable.ts';
import { hidePath } from './hide-path.ts';
import { TeamRepository } from './team-repository.ts';

/** Maximum branches in one event. An agent may push any number. */
const maxRefs = 20;

/** Time limit of a fetch or push. */
const maxTransferMs = 600_000;

/**
 * A git remote that the seats share: a repository on the host, reached through a remote helper. A seat that sends more than
 * `maxPushedBytes` in all ends. git stops reading a push of more than half of that, says so, and the seat goes on.
 */
export function makeGitChannel(maxPushedBytes: number): Channel {
  return {
    commands: [{ name: 'team', usage: 'team git-upload-pack|git-receive-pack', hidden: true }],
    open: async (trial) => {
      const limits = [2 * maxPushedBytes, Math.floor(maxPushedBytes / 2)] as const;
      return new TrialGit(trial, await TeamRepository.create(trial.directory, ...limits), maxPushedBytes);
    },
  };
}

/** The channel `git`: seats share a bare repository on the host, the remote `team`, and push only branches under their names. */
export const gitChannel: Channel = makeGitChannel(seatBounds.pushedBytes);

const joinProgram = readFileSync(new URL('../../../src/collaboration/git/join.sh', import.meta.url), 'utf8');

class TrialGit implements OpenChannel {
  readonly #trial: ChannelContext;
  readonly #repository: TeamRepository;
  /** By seat and service, the commits of the branches when the seat last used it. */
  readonly #seen = new Map<string, ReadonlyMap<string, string>>();
  /** Bytes that a seat has pushed. */
  readonly #pushed = new Map<string, number>();
  readonly #maxPushedBytes: number;

  constructor(trial: ChannelContext, repository: TeamRepository, maxPushedBytes: number) {
    this.#trial = trial;
    this.#repository = repository;
    this.#maxPushedBytes = maxPushedBytes;
  }

  instructions(seat: SeatPlan): string {
    const peer = this.#trial.seats.find(({ id }) => id !== seat.id)?.id ?? 'PEER';
    return `You share a git remote, \`team\`. Commit what you have and publish it with \`git push team HEAD:${seat.id}\`: a branch named after you is the only one you may push. \`git fetch team\` and \`git diff HEAD...team/${peer}\` show what the others have done, and \`git merge team/${peer}\` merges it into your branch. What you merge becomes part of what you hand in.`;
  }

  async join(seat: string, { workspace, executable, signal }: JoinedSandbox): Promise<void> {
    const argv = ['sh', '-c', joinProgram, 'sh', executable('team'), seat];
    const result = await runCommand(workspace, argv, { signal });
    if (result.exitCode === 0) return;
    throw new SandboxError(
      'REPOSITORY_UNUSABLE',
      `The remote team could not be added to ${workspace.repoDir}: ${result.stderr.toString().trim().slice(-500)}`,
    );
  }

  async run(call: SeatCall): Promise<SeatAnswer> {
    const [service] = call.args;
    if (service !== 'git-upload-pack' && service !== 'git-receive-pack')
      return { exitCode: 1, stderr: 'team: no such service\n' };
    const stream = await call.stream();
    const readable = stream.readable.pipeThrough(this.#countBytes(call.seat));
    const git = await this.#repository.serve(service, call.seat);
    const exitCode = await transfer(git, { ...stream, readable }, this.#trial.directory, call.signal);
    if ((this.#pushed.get(call.seat) ?? 0) > this.#maxPushedBytes)
      throw new SeatLimitError('pushedBytes', `${this.#maxPushedBytes} bytes to the shared repository`);
    const kind = service === 'git-upload-pack' ? 'fetch' : 'push';
    // The transfer is over. A failure to list its branches must not fail it.
    const refs = await this.#findMoved(call.seat, kind).catch(() => null);
    this.#trial.emit({ type: 'git', seat: call.seat, service: kind, exit_code: exitCode, refs });
    return { exitCode };
  }

  /** Counts what a seat sends, and breaks the connection when it is too much. */
  #countBytes(seat: string): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: (bytes, controller) => {
        const pushedBytes = (this.#pushed.get(seat) ?? 0) + bytes.length;
        this.#pushed.set(seat, pushedBytes);
        if (pushedBytes > this.#maxPushedBytes) controller.error(new Error('the seat has pushed too much'));
        else controller.enqueue(bytes);
      },
    });
  }

  /** Finds the branches that moved since the seat last looked: its own in a push, those of others in a fetch. */
  async #findMoved(seat: string, service: 'fetch' | 'push'): Promise<MovedRef[]> {
    const isOwn = (name: string): boolean => `${name}/`.startsWith(`refs/heads/${seat}/`);
    const isConcerned = (name: string): boolean => isOwn(name) === (service === 'push');
    const branches = new Map([...(await this.#repository.branches())].filter(([name]) => isConcerned(name)));
    const seenBranches = this.#seen.get(`${seat} ${service}`) ?? new Map<string, string>();
    this.#seen.set(`${seat} ${service}`, branches);
    return [...new Set([...seenBranches.keys(), ...branches.keys()])]
      .filter((name) => seenBranches.get(name) !== branches.get(name))
      .slice(0, maxRefs)
      .map((name) => ({ name, from: seenBranches.get(name) ?? null, to: branches.get(name) ?? null }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#repository[Symbol.asyncDispose]();
  }
}

/** Connects git on the host with git in the sandbox. Resolves with the exit code of git on the host. */
async function transfer(
  git: ChildProcessWithoutNullStreams,
  { readable, writable }: SeatStream,
  directory: string,
  stop: AbortSignal,
): Promise<number> {
  using deadline = new Deadline(maxTransferMs, stop);
  // SIGTERM lets git remove the objects that it has received so far. SIGKILL would leave them.
  const end = (): void => void git.kill();
  deadline.signal.addEventListener('abort', end, { once: true });
  if (deadline.signal.aborted) end();
  git.stderr.resume();
  const exit = once(git, 'exit') as Promise<[number | null]>;
  const up = readable.pipeTo(Writable.toWeb(git.stdin) as WritableStream<Uint8Array>);
  const download = createWebReadable(git.stdout).pipeThrough(hidePath(directory)).pipeTo(writable);
  // Either side may hang up first: a client that is killed, or git when it refuses.
  const [, , exitOutcome] = await Promise.allSettled([up, download, exit]);
  return exitOutcome.status === 'fulfilled' ? (exitOutcome.value[0] ?? 1) : 1;
}
