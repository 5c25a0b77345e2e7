import { setTimeout as delay } from 'node:timers/promises';
import { Deadline } from '../async/deadline.ts';
import type { AgentEvent, AgentResult } from '../contracts/agent.ts';
import { AgentError, CooperBenchError, messageOf } from '../contracts/errors.ts';
import type { AppendFile } from '../records/append-file.ts';
import { agentResult, unknownEvent } from './agent-result.ts';
import { collectPatch, patchLines } from './collect-patch.ts';
import type { OpenSeat } from './open-seat.ts';
import { SeatRecord } from './seat-record.ts';
import { taskText } from './task-text.ts';
import { graceMs, type RunContext, type Trial } from './trial.ts';

/** Runs one seat to its end, whatever that is, and closes it. An agent's run-wide failure also stops the run. */
export async function runSeat(
  trial: Trial,
  opened: OpenSeat,
  log: AppendFile,
  emit: RunContext['emit'],
  run: RunContext,
): Promise<SeatRecord> {
  await using open = opened;
  const { seat } = open.assignment;
  const record = new SeatRecord();
  const note = (text: string): void => log.line(`${new Date().toISOString()} ${text}`);
  const onEvent = (event: AgentEvent): void => {
    const unknown = unknownEvent(event);
    if (unknown) run.notice(`${trial.id}: agent ${open.assignment.agentName}: ${unknown}`, 'warning');
    else record.add(event);
    if (event.type === 'step')
      emit({ type: 'step', trial: trial.id, seat, steps: record.steps, cost: record.cost });
    else if (event.type === 'log') note(event.text);
    else if (event.type === 'notice') run.notice(event.text);
  };
  using deadline = new Deadline(run.signal, run.timeoutMs);
  try {
    const result = agentResult(await work(trial, open, deadline.signal, onEvent, run));
    // What an agent that was stopped says is no end of its own.
    deadline.signal.throwIfAborted();
    record.status = result.status;
    record.error = result.error ?? null;
    if (result.patch !== undefined) record.patch = result.patch;
    else await collect(open, record);
  } catch (error) {
    if (run.signal.aborted) record.status = 'Cancelled';
    // An AgentError says that something failed, and not that the agent was slow.
    else if (deadline.passed && !AgentError.is(error)) await afterTimeout(open, record);
    else {
      record.status = 'Error';
      record.error = messageOf(error);
      note(`failed: ${CooperBenchError.is(error) ? record.error : ((error as Error).stack ?? record.error)}`);
      if (AgentError.is(error) && error.scope === 'run') run.stop(error);
    }
  }
  emit({ type: 'patch', trial: trial.id, seat, lines: patchLines(record.patch), bytes: record.patch.length });
  emit({
    type: 'seat_finished',
    trial: trial.id,
    seat,
    status: record.status,
    steps: record.steps,
    cost: record.cost,
    error: record.error,
  });
  return record;
}

async function work(
  trial: Trial,
  open: OpenSeat,
  signal: AbortSignal,
  onEvent: (event: AgentEvent) => void,
  run: RunContext,
): Promise<AgentResult> {
  const { assignment, sandbox, mailbox } = open;
  const peers = trial.seats.map((other) => other.seat).filter((seat) => seat !== assignment.seat);
  const text = await taskText(trial.pair.task.directory, assignment.features);
  const working = assignment.agent.run(text, {
    seat: assignment.seat,
    peers,
    features: assignment.features,
    taskDir: trial.pair.task.directory,
    workspace: sandbox,
    mailbox,
    gitRemote: run.git && peers.length > 0 ? 'team' : undefined,
    model: assignment.model,
    baseUrl: run.baseUrl,
    configFile: run.configFile,
    limits: assignment.limits,
    signal,
    record: onEvent,
  });
  const ended = new AbortController();
  try {
    return await Promise.race([working, stopped(signal, ended.signal)]);
  } finally {
    ended.abort();
    await open.leave();
  }
}

/**
 * Rejects when the signal aborted and the agent had its time to stop by itself, unless it `ended`. The wait keeps the
 * process alive: an agent that waits for nothing may be all there is.
 */
function stopped(signal: AbortSignal, ended: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void =>
      void delay(graceMs.stop, undefined, { signal: ended }).then(
        () => reject(signal.reason),
        () => {},
      );
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true, signal: ended });
  });
}

async function afterTimeout(open: OpenSeat, record: SeatRecord): Promise<void> {
  record.status = 'Timeout';
  try {
    await collect(open, record);
  } catch (error) {
    record.status = 'Error';
    record.error = messageOf(error);
  }
}

async function collect(open: OpenSeat, record: SeatRecord): Promise<void> {
  const collected = await collectPatch(open.sandbox, open.base, {
    signal: AbortSignal.timeout(graceMs.collect),
  });
  if (collected.patch) record.patch = collected.patch;
  else record.error = record.error ?? collected.problem;
}
