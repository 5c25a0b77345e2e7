import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AgentError,
  type AgentEvent,
  type AgentResult,
  CooperBenchError,
  Deadline,
  getMessage,
  SeatLimitError,
  settledWithin,
  untilAborted,
} from '@cooperbench/core';
import { callPlugin } from '@cooperbench/core/host';
import type { SeatLoss } from '@cooperbench/records';
import { createAgentEventHandler, OverrunError } from './agent-events.ts';
import { checkAgentResult } from './agent-result.ts';
import type { Barrier } from './barrier.ts';
import type { OpenSeat } from './open-seat.ts';
import type { SeatRecord } from './seat-record.ts';
import { takeFiles, takePatch, takesPatch } from './take-work.ts';
import { isIdle, type RunningSeat, type RunningTrial, type Trial, type TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';

/** Runs one seat until it ends, records that, and closes the seat. An AgentError with scope `run` also stops the run. */
export async function runSeat(
  trial: RunningTrial,
  seat: OpenSeat,
  barrier: Barrier,
  run: TrialRun,
  events: TrialEvents,
): Promise<void> {
  await using open = seat;
  const { plan, record } = open;
  const startMs = performance.now();
  try {
    const work = await runUntilStopped(trial, open, barrier, run, events).finally(() =>
      barrier.leave(plan.id),
    );
    record.status = work.status;
    record.error = work.error ?? null;
    const { patch, problem } = await takePatch(open, work.patch, run);
    if (patch) record.patch = patch;
    else record.error ??= problem ?? null;
    record.files = await takeFiles(open, run);
    const fault = await open.sandbox.hostFault?.();
    if (fault) throw fault;
    const interruption = record.status === 'Timeout' ? await open.sandbox.interruption?.(startMs) : undefined;
    if (interruption) throw interruption;
    if (record.status === 'Timeout' && record.isIdleInPhase())
      throw new Error('its time was up before it recorded a step or an answer of its model');
    // A channel that failed the seat, such as a bus that lost messages, is an infrastructure failure, whatever the agent did.
    await open.leave();
  } catch (error) {
    await recordFailure(error, trial, open, run, events);
    if (AgentError.is(error) && error.scope === 'run' && !run.signal.aborted) run.stop(error);
  }
  const { patchFacts, status, steps, error } = record;
  const { patch_lines: lines, patch_bytes: bytes } = patchFacts;
  const forOthers = plan.submitsPatch === false && { hands_in: false as const };
  if (takesPatch(open)) events.emit({ type: 'patch', seat: plan.id, lines, bytes, ...forOthers });
  events.emit({ type: 'seat_finished', seat: plan.id, status, steps, ...record.costFields, error });
}

/** Records a failure as the agent's own doing, whose patch is judged, or as a loss. */
async function recordFailure(
  reason: unknown,
  trial: RunningTrial,
  open: OpenSeat,
  run: TrialRun,
  events: TrialEvents,
): Promise<void> {
  const { plan, record } = open;
  const seat = plan.id;
  const finalStatus = record.status;
  // A host without room fails in many ways, most of which look like the agent's doing.
  const error = (await open.sandbox.hostFault?.().catch(() => undefined)) ?? reason;
  record.fail(error, run.signal);
  if (run.signal.aborted) return;
  const failure = { trial: trial.id, seat, error, isIdle: isIdle(trial) };
  const blame = await run.losses.blame(failure, run.signal);
  // Even the work of a lost seat is paid for.
  if (finalStatus === 'Error' && !record.hasPatch && blame !== 'outside')
    record.patch = (await takePatch(open, undefined, run).catch(() => undefined))?.patch ?? record.patch;
  // The run may have been aborted meanwhile.
  record.fail(error, run.signal);
  if (run.signal.aborted) return;
  const cause = CooperBenchError.is(error) ? error.cause : error;
  const stack = cause instanceof Error ? (cause.stack ?? record.error) : record.error;
  events.log(plan, `failed: ${stack}`);
  if (blame === 'agent') record.judge(finalStatus === 'Error' ? 'Completed' : finalStatus);
  else recordLoss(seat, record, run, events, blame === 'unexplained' ? undefined : blame);
}

/** Records in the ledger that an attempt lost a seat, because the next attempt replaces its result. */
export function recordLoss(
  seat: string,
  { errorCode: code }: SeatRecord,
  run: TrialRun,
  events: TrialEvents,
  explanation: SeatLoss['explained'],
): void {
  const loss = { code, ...(explanation !== undefined && { explained: explanation }) };
  const time = run.events.now().toISOString();
  try {
    run.ledger.append({ time, trial: events.trial, run_id: events.runId, seat, cost: 0, lost: loss });
  } catch (error) {
    run.stop(error as Error);
  }
}

/** How the work of a seat ended whose patch is judged. */
interface Work extends Pick<AgentResult, 'patch'> {
  readonly status: AgentResult['status'] | 'Timeout';
  readonly error?: string;
}

/** Runs the agent until it ends or core stops it. @throws an error that leaves the seat without a patch. */
async function runUntilStopped(
  trial: Trial,
  open: OpenSeat,
  barrier: Barrier,
  run: TrialRun,
  events: TrialEvents,
): Promise<Work> {
  const { agent, plan, record, timeoutMs } = open;
  const { ended } = record;
  const take = createAgentEventHandler(open, run, events);
  using deadline = new Deadline(
    Number.POSITIVE_INFINITY,
    AbortSignal.any([run.signal, ended, open.overLimit]),
  );
  const { signal } = deadline;
  let hasEnded = false;
  let beganMs: number | undefined;
  void barrier.opened.then(() => {
    if (hasEnded) return;
    deadline.limit(timeoutMs);
    beganMs = performance.now();
    events.emit({ type: 'seat_started', seat: plan.id });
  });
  try {
    if (!agent.saysReady) await untilAborted(barrier.opened, signal);
    const result = checkAgentResult(await runAgent(trial, open, barrier, run, signal, take));
    // An agent that core stopped has not completed, whatever it returns.
    deadline.signal.throwIfAborted();
    return result;
  } catch (error) {
    if (run.signal.aborted) throw error;
    if (ended.aborted) return endedEarly(ended.reason);
    const cause: unknown = open.overLimit.aborted ? open.overLimit.reason : error;
    if (SeatLimitError.is(cause)) return endedEarly(cause);
    const scope = AgentError.is(error) ? error.scope : undefined;
    // After another AgentError, the agent has failed rather than run out of time.
    if (deadline.passed && (scope ?? 'work') === 'work') return { status: 'Timeout' };
    if (scope === 'work') return { status: 'Completed', error: getMessage(error) };
    throw error;
  } finally {
    hasEnded = true;
    // A timer may end a millisecond early.
    if (beganMs !== undefined)
      record.workedMs += Math.max(performance.now() - beganMs, deadline.passed ? timeoutMs : 0);
  }
}

/** Returns the outcome of a seat that core ended. @throws the reason, unless it is a limit. */
function endedEarly(reason: unknown): Work {
  if (SeatLimitError.is(reason)) return { status: 'LimitsExceeded', error: getMessage(reason) };
  if (reason instanceof OverrunError) return { status: 'LimitsExceeded' };
  throw reason;
}

/** Resolves when the agent ends, or rejects when it has not ended some time after the signal aborted. */
async function runAgent(
  trial: Trial,
  open: OpenSeat,
  barrier: Barrier,
  { limits }: TrialRun,
  signal: AbortSignal,
  take: (event: AgentEvent) => void,
): Promise<AgentResult> {
  let listens = true;
  // An agent that core has left behind may go on, but its seat has ended.
  const record = (event: AgentEvent): void => {
    if (listens) take(event);
  };
  const start = (): Promise<AgentResult> => startAgent(trial, open, barrier, signal, record);
  const agentRun = callPlugin(`${open.title} failed in run`, start);
  try {
    return await untilAborted(agentRun, signal);
  } catch (error) {
    if (!(await settledWithin(limits.stop, agentRun))) throw error;
    return await agentRun;
  } finally {
    listens = false;
    await open.leave().catch(() => {});
  }
}

async function startAgent(
  trial: Trial,
  seat: OpenSeat,
  barrier: Barrier,
  signal: AbortSignal,
  record: (event: AgentEvent) => void,
): Promise<AgentResult> {
  const { plan, agent, access, limits, mcpServers, readsDataset, workspace } = seat;
  const { task, ...told } = seat.brief;
  return agent.run(task, {
    ...access,
    ...told,
    mcpServers,
    trial: trial.id,
    seat: plan.id,
    role: plan.role,
    phase: seat.phase?.name,
    ...(!handsIn(seat) && { handsIn: false }),
    peers: trial.seats.map((trialSeat) => trialSeat.plan.id).filter((id) => id !== plan.id),
    features: plan.features,
    goldenPatch: readsDataset
      ? (feature) => readFile(join(trial.featureSet.task.directory, `feature${feature}`, 'feature.patch'))
      : undefined,
    workspace,
    limits,
    seed: trial.seed,
    ready: () => barrier.arrive(plan.id, signal),
    signal,
    record,
  });
}

function handsIn({ plan, phase }: RunningSeat): boolean {
  return plan.submitsPatch !== false && phase?.keepsChanges !== false;
}
