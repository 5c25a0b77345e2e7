import { setTimeout as delay } from 'node:timers/promises';
import type { Conversation } from '../collaboration/conversation.ts';
import { Relay } from '../collaboration/relay.ts';
import { SeatMailbox } from '../collaboration/seat-mailbox.ts';
import type { TeamRepository } from '../collaboration/team-repository.ts';
import type { Sandbox } from '../contracts/backend.ts';
import type { Mailbox } from '../contracts/bus.ts';
import { messageOf, SandboxError } from '../contracts/errors.ts';
import type { RunEventBody } from '../contracts/events.ts';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import { specOf } from '../sandbox/spec.ts';
import { prepareRepository } from './prepare-repository.ts';
import { graceMs, type RunContext, type SeatAssignment, type Trial } from './trial.ts';

/** A seat ready for its agent: sandbox made, repository at its base commit, commands installed. */
export interface OpenSeat extends AsyncDisposable {
  readonly assignment: SeatAssignment;
  readonly sandbox: Sandbox;
  readonly mailbox: SeatMailbox | undefined;
  readonly base: string;
  /** Ends the seat's part in the conversation: peers are told it has finished. */
  leave(): Promise<void>;
}

export interface SharedByTrial {
  readonly conversation: Conversation;
  readonly team: TeamRepository | undefined;
  readonly emit: (event: RunEventBody) => void;
}

const attempts = 3;

export async function openSeat(
  trial: Trial,
  assignment: SeatAssignment,
  inner: Mailbox | undefined,
  shared: SharedByTrial,
  run: RunContext,
): Promise<OpenSeat> {
  const { seat } = assignment;
  const { emit } = shared;
  const { runName, timeoutMs } = run;
  const lifetimeMs = graceMs.open + timeoutMs + graceMs.stop + graceMs.collect;
  const spec = specOf(trial, assignment, { runName, lifetimeMs });
  const sandbox = await createSandbox(assignment, spec, run);
  const release = async (): Promise<void> => {
    try {
      await sandbox[Symbol.asyncDispose]();
    } catch (error) {
      // What was done in it counts all the same; the backend tries again when the run ends.
      run.notice(`${trial.id} ${seat}: ${messageOf(error)}`, 'warning');
    }
  };
  try {
    const base = await prepareRepository(sandbox, run);
    const mailbox = inner && new SeatMailbox({ trial: trial.id, seat }, inner, shared.conversation, emit);
    const relay =
      (mailbox ?? shared.team) &&
      (await Relay.start({
        seat,
        workspace: sandbox,
        mailbox,
        team: shared.team,
        onGit: (service, exitCode) =>
          emit({
            type: 'git',
            trial: trial.id,
            seat,
            service: service === 'git-upload-pack' ? 'fetch' : 'push',
            exit_code: exitCode,
          }),
        onLost: (reason) =>
          emit({
            type: 'notice',
            level: 'warning',
            text: `${trial.id} ${seat}: messages from its sandbox are lost: ${reason}`,
          }),
      }));
    emit({ type: 'sandbox_ready', trial: trial.id, seat, sandbox: sandbox.id });
    const leave = async (): Promise<void> => {
      await relay?.[Symbol.asyncDispose]();
      await mailbox?.[Symbol.asyncDispose]();
    };
    return {
      assignment,
      sandbox,
      mailbox,
      base,
      leave,
      async [Symbol.asyncDispose]() {
        await leave();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function createSandbox(
  { backend }: SeatAssignment,
  spec: SandboxSpec,
  { signal }: { readonly signal: AbortSignal },
): Promise<Sandbox> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await backend.create(spec, { signal });
    } catch (error) {
      if (attempt === attempts || !SandboxError.is(error) || !error.retryable) throw error;
      await delay(500 * 2 ** attempt, undefined, { signal });
    }
  }
}
