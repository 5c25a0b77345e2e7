import {
  type ConnectedSandbox,
  getMessage,
  type McpServer,
  type Sandbox,
  type Workspace,
} from '@cooperbench/core';
import {
  buildSpec,
  callPlugin,
  getSpecNetwork,
  Relay,
  type SandboxRequest,
  type TrialChannels,
} from '@cooperbench/core/host';
import { applyChanges } from './hand-over.ts';
import { type BaseRepository, prepareRepository } from './prepare-repository.ts';
import { readSeatBrief, type SeatBrief } from './seat-brief.ts';
import type { RunningSeat, Trial, TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';

/** A seat that is ready for its agent: its sandbox exists, the repository is at its base commit, and the channels are joined. */
export interface OpenSeat extends RunningSeat, AsyncDisposable {
  readonly sandbox: Sandbox;
  /** The sandbox as the agent sees it: its commands have the network of the trial. */
  readonly workspace: Workspace;
  /** Aborts when the seat passes a limit that protects the host. The reason is a SeatLimitError. */
  readonly overLimit: AbortSignal;
  readonly brief: SeatBrief;
  /** The MCP servers of the channels. */
  readonly mcpServers: readonly McpServer[];
  readonly repository: BaseRepository;
  /**
   * Leaves the channels. Other seats that write to this one then learn that it has finished. In a phase, only ends its commands:
   * what others write waits for the seat's next phase. A second call does nothing more. Rejects when a channel has failed the
   * seat.
   */
  leave(): Promise<void>;
}

/** Builds the sandbox that a seat needs. */
export function buildSeatRequest(trial: Trial, seat: RunningSeat, run: TrialRun): SandboxRequest {
  const { plan, backend, untrusted, layers, timeoutMs } = seat;
  const { open, ready, stop, close, collect } = run.limits;
  // It may wait as long as `open` for the sandbox of another seat, and as long for its repository and channels.
  const lifetimeMs = 2 * open + ready + timeoutMs + stop + close + 4 * collect;
  const place = { id: trial.id, task: trial.featureSet.task, seat: plan.id, runName: run.name };
  const needs = { untrusted, lifetimeMs, layers, network: getSpecNetwork(trial.network) };
  return { backend, spec: buildSpec(place, needs) };
}

/**
 * Prepares a seat's sandbox for the agent. Disposes it after a failure. `signal` ends every wait. @throws SandboxError when the
 * sandbox cannot be used; PluginError; the signal's reason.
 */
export async function openSeat(
  trial: Trial,
  seat: RunningSeat,
  sandbox: Sandbox,
  channels: TrialChannels,
  run: TrialRun,
  events: TrialEvents,
  signal: AbortSignal,
): Promise<OpenSeat> {
  const { plan, backendTitle, record } = seat;
  const closeBounds = { limitMs: run.limits.close, signal: run.closing };
  let relay: Relay | undefined;
  let registries: ConnectedSandbox | undefined;
  const overLimit = new AbortController();
  let leaving: Promise<void> | undefined;
  const endRelay = async (): Promise<void> => relay?.[Symbol.asyncDispose]();
  const leave = (): Promise<void> => {
    // A relay that does not end is a matter of its sandbox. Collecting the patch finds out what that means for the seat.
    leaving ??= callPlugin(`${backendTitle} could not end the commands of ${plan.id}`, endRelay, closeBounds)
      .catch(() => {})
      .then(() => (seat.phase ? channels.settle(plan.id) : channels.leave(plan.id)));
    return leaving;
  };
  const dispose = async (): Promise<void> => {
    await leave().catch(() => {});
    await Promise.resolve(registries?.[Symbol.asyncDispose]()).catch(() => {});
    try {
      await sandbox[Symbol.asyncDispose]();
    } catch (error) {
      // The seat's result still counts. The backend removes the sandbox when the run ends.
      events.notice(`${trial.id} ${plan.id}: ${getMessage(error)}`, 'warning');
    }
  };
  const connectRegistries = async (): Promise<Workspace> => {
    const connected = await run.connectRegistries(sandbox, {
      onRefused: (target) => void events.emit({ type: 'network_refused', seat: plan.id, target }),
      onLimit: (error) => overLimit.abort(error),
      signal,
    });
    registries = connected;
    return connected.workspace;
  };
  try {
    const brief = await readSeatBrief(trial, seat, channels);
    const repository = await callPlugin(
      `${backendTitle} could not prepare the repository of ${plan.id}`,
      (signal) => prepareRepository(sandbox, { signal }),
      { signal },
    );
    const changes = seat.phase?.changes;
    if (changes && !(await applyChanges(sandbox, repository, changes, run.limits.collect, signal)))
      events.notice(
        `${trial.id} ${plan.id}: the changes that it should start from do not apply to the base commit. It starts without them.`,
        'warning',
      );
    let mcpServers: readonly McpServer[] = [];
    if (channels.commands.length > 0) {
      const onLost = (reason: string): void =>
        events.notice(`${trial.id} ${plan.id} lost its channels: ${reason}`, 'warning');
      const { commands, run } = channels;
      const start = (): Promise<Relay> =>
        Relay.start({
          ...{ seat: plan.id, workspace: sandbox, commands, run, onLost },
          onLimit: (error) => record.end(error),
        });
      const discard = (lateRelay: Relay): Promise<void> => lateRelay[Symbol.asyncDispose]();
      const started = await callPlugin(`${backendTitle} could not start the commands of ${plan.id}`, start, {
        signal,
        discard,
      });
      relay = started;
      const findExecutable = (command: string): string => started.executable(command);
      mcpServers = commands
        .filter(({ isMcpServer }) => isMcpServer)
        .map(({ name }) => ({ name, command: findExecutable(name) }));
      await channels.join(plan.id, { workspace: sandbox, executable: findExecutable, signal });
    }
    const workspace = trial.network === 'registries' ? await connectRegistries() : sandbox;
    events.emit({ type: 'sandbox_ready', seat: plan.id, sandbox: sandbox.id });
    return {
      ...seat,
      ...{ sandbox, workspace, overLimit: overLimit.signal, brief, mcpServers, repository, leave },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
