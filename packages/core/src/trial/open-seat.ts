import { setTimeout as delay } from 'node:timers/promises';
import { Relay } from '../collaboration/relay.ts';
import type { TrialChannels } from '../collaboration/trial-channels.ts';
import type { Sandbox } from '../contracts/backend.ts';
import { messageOf, SandboxError } from '../contracts/errors.ts';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import { specOf } from '../sandbox/spec.ts';
import { type BaseRepository, prepareRepository } from './prepare-repository.ts';
import { graceMs, type SeatAssignment, type Trial, type TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';

/** A seat that is ready for its agent: its sandbox exists, the repository is at its base commit, and the channels are joined. */
export interface OpenSeat extends AsyncDisposable {
  readonly assignment: SeatAssignment;
  readonly sandbox: Sandbox;
  readonly channels: TrialChannels;
  readonly repository: BaseRepository;
  /**
   * Leaves the channels. Other seats that write to this one then learn that it has finished. A second call does nothing more.
   * Rejects when a channel has failed the seat.
   */
  leave(): Promise<void>;
}

const maxAttempts = 3;

/** Creates a seat's sandbox and prepares it for the agent. @throws SandboxError when the sandbox cannot be used. */
export async function openSeat(
  trial: Trial,
  assignment: SeatAssignment,
  channels: TrialChannels,
  run: TrialRun,
  events: TrialEvents,
): Promise<OpenSeat> {
  const { plan, backend, untrusted, layers, timeoutMs } = assignment;
  const lifetimeMs = graceMs.open + timeoutMs + graceMs.stop + 3 * graceMs.collect;
  const place = { id: trial.id, task: trial.featureSet.task, seat: plan.id, runName: run.name };
  const sandbox = await createSandbox(backend, specOf(place, { untrusted, lifetimeMs, layers }), run.signal);
  let relay: Relay | undefined;
  let leaving: Promise<void> | undefined;
  const leave = (): Promise<void> => {
    leaving ??= Promise.resolve(relay?.[Symbol.asyncDispose]()).then(() => channels.leave(plan.id));
    return leaving;
  };
  const close = async (): Promise<void> => {
    await leave().catch(() => {});
    try {
      await sandbox[Symbol.asyncDispose]();
    } catch (error) {
      // The seat's result still counts. The backend removes the sandbox when the run ends.
      events.notice(`${trial.id} ${plan.id}: ${messageOf(error)}`, 'warning');
    }
  };
  try {
    const repository = await prepareRepository(sandbox, run);
    if (channels.commands.length > 0) {
      const started = await Relay.start({
        seat: plan.id,
        workspace: sandbox,
        commands: channels.commands,
        run: channels.run,
        onLost: (reason) => events.notice(`${trial.id} ${plan.id} lost its channels: ${reason}`, 'warning'),
      });
      relay = started;
      const executable = (command: string): string => started.executable(command);
      await channels.join(plan.id, { workspace: sandbox, executable, signal: run.signal });
    }
    events.emit({ type: 'sandbox_ready', seat: plan.id, sandbox: sandbox.id });
    return { assignment, sandbox, channels, repository, leave, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function createSandbox(
  backend: SeatAssignment['backend'],
  spec: SandboxSpec,
  signal: AbortSignal,
): Promise<Sandbox> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await backend.create(spec, { signal });
    } catch (error) {
      if (attempt === maxAttempts || !SandboxError.is(error) || !error.retryable) throw error;
      await delay(500 * 2 ** attempt, undefined, { signal });
    }
  }
}
