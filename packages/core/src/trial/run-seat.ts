import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Deadline } from '../async/deadline.ts';
import type { AgentEvent, AgentResult, SeatLimits } from '../contracts/agent.ts';
import { AgentError, CooperBenchError, messageOf } from '../contracts/errors.ts';
import type { SeatPlan, Setting } from '../contracts/setting.ts';
import type { FeatureSet } from '../contracts/task.ts';
import type { AppendFile } from '../records/append-file.ts';
import { agentResult, unknownEvent } from './agent-result.ts';
import { answerText } from './answer-text.ts';
import { collectPatch, isOwnDoing, maxPatchBytes, patchLines, tooLarge } from './collect-patch.ts';
import type { OpenSeat } from './open-seat.ts';
import { SeatRecord } from './seat-record.ts';
import { graceMs, type Trial, type TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';

/** Runs one seat until it ends, and closes it. An AgentError with scope `run` also stops the run. */
export async function runSeat(
  trial: Trial,
  opened: OpenSeat,
  log: AppendFile,
  run: TrialRun,
  events: TrialEvents,
): Promise<SeatRecord> {
  await using open = opened;
  const { plan, agentName, access, limits, costMustBeKnown, timeoutMs } = open.assignment;
  const record = new SeatRecord();
  const note = (text: string): void => log.line(`${new Date().toISOString()} ${text}`);
  const overrun = new AbortController();
  const onEvent = (event: AgentEvent): void => {
    const unknown = unknownEvent(event);
    if (unknown) {
      events.notice(`${trial.id}: agent ${agentName}: ${unknown}`, 'warning');
      return;
    }
    const reached =
      event.type === 'step' || event.type === 'usage' ? reachedLimit(record, limits) : undefined;
    record.add(event);
    // Without a cost limit, the user already knows that the price is not known.
    if (event.type === 'usage' && event.usage.costUsd === undefined && limits.maxCostUsd !== undefined) {
      const what = `${agentName} does not know what an answer of ${access.model} costs, because the server states no token usage`;
      if (costMustBeKnown) run.stop(costUnknown(what));
      else events.notice(`${what}. Its cost is not counted, and the cost limit does not hold.`, 'warning');
    }
    if (event.type === 'step') {
      const message = record.messageSince(event.began);
      events.emit({ type: 'step', seat: plan.id, steps: record.steps, message, ...record.costFields });
    } else if (event.type === 'message' && event.message.role === 'assistant') {
      const text = answerText(event.message);
      events.emit({ type: 'answer', seat: plan.id, message: record.messages.length - 1, text });
    } else if (event.type === 'log') note(event.text);
    else if (event.type === 'notice') events.notice(event.text);
    if (reached && !overrun.signal.aborted) {
      note(`the agent continued after ${reached}; CooperBench stops it`);
      overrun.abort(new Error(`the seat has reached ${reached}`));
    }
  };
  using deadline = new Deadline(timeoutMs, AbortSignal.any([run.signal, overrun.signal]));
  try {
    const result = agentResult(await runAgent(trial, open, deadline.signal, onEvent));
    // An agent that core stopped has not completed, whatever it returns.
    deadline.signal.throwIfAborted();
    record.status = result.status;
    record.error = result.error ?? null;
    if (result.patch === undefined) await collect(open, record, run.signal);
    else if (result.patch.length <= maxPatchBytes) record.patch = result.patch;
    else record.error ??= tooLarge;
  } catch (error) {
    if (run.signal.aborted) record.status = 'Cancelled';
    else if (overrun.signal.aborted) await collectAs('LimitsExceeded', open, record, run.signal);
    // After an AgentError, the agent has failed rather than run out of time.
    else if (deadline.passed && !AgentError.is(error)) {
      await collectAs('Timeout', open, record, run.signal);
      if (record.status === 'Timeout' && record.isIdle()) {
        record.status = 'Error';
        record.error = 'its time was up before it recorded a step or an answer of its model';
      }
    } else if (!record.isIdle() && isOwnDoing(error, open.sandbox)) {
      record.error = messageOf(error);
      await collectAs('Completed', open, record, run.signal);
    } else {
      record.status = 'Error';
      record.error = messageOf(error);
      note(`failed: ${CooperBenchError.is(error) ? record.error : ((error as Error).stack ?? record.error)}`);
      if (AgentError.is(error) && error.scope === 'run') run.stop(error);
    }
  }
  // A channel that failed the seat, such as a bus that lost messages, is an infrastructure failure, whatever the agent did.
  await open.leave().catch((error: unknown) => {
    if (record.status === 'Cancelled' || record.status === 'Error') return;
    record.status = 'Error';
    record.error = messageOf(error);
    note(`failed: ${record.error}`);
  });
  const { patch, status, steps, error } = record;
  if (plan.handsIn !== false)
    events.emit({ type: 'patch', seat: plan.id, lines: patchLines(patch), bytes: patch.length });
  events.emit({ type: 'seat_finished', seat: plan.id, status, steps, ...record.costFields, error });
  return record;
}

function costUnknown(what: string): AgentError {
  return new AgentError('COST_UNKNOWN', `CooperBench cannot enforce the cost limit: ${what}.`, {
    scope: 'run',
    hint: 'Use a server that states the usage of every answer, or remove --max-cost and --budget.',
  });
}

/** Describes the limit that a seat has reached. Undefined: none. */
function reachedLimit({ steps, cost }: SeatRecord, { maxSteps, maxCostUsd }: SeatLimits): string | undefined {
  if (maxSteps !== undefined && steps >= maxSteps) return `its limit of ${maxSteps} steps`;
  if (maxCostUsd !== undefined && cost >= maxCostUsd) return `its limit of $${maxCostUsd}`;
  return undefined;
}

async function runAgent(
  trial: Trial,
  open: OpenSeat,
  signal: AbortSignal,
  record: (event: AgentEvent) => void,
): Promise<AgentResult> {
  const { assignment, sandbox, channels } = open;
  const { plan, agent, access, limits, readsDataset } = assignment;
  const { task } = trial.featureSet;
  const all = trial.seats.map((seat) => seat.plan);
  const text = await taskText(trial.setting, plan, trial.featureSet);
  const working = agent.run(text, {
    ...access,
    trial: trial.id,
    seat: plan.id,
    role: plan.role,
    peers: all.map(({ id }) => id).filter((id) => id !== plan.id),
    instructions: trial.setting.instructions?.(plan, all),
    channels: channels.instructions(plan),
    inbox: channels.inbox(plan.id),
    features: plan.features,
    taskDir: readsDataset ? task.directory : undefined,
    workspace: sandbox,
    limits,
    seed: trial.seed,
    signal,
    record,
  });
  const ended = new AbortController();
  try {
    return await Promise.race([working, rejectWhenStopped(signal, ended.signal)]);
  } finally {
    ended.abort();
    await open.leave().catch(() => {});
  }
}

/**
 * The description of a seat's task. The setting may provide it. Otherwise it is the description of the seat's feature;
 * several features become `## Feature N` sections with `---` between them, as in the original.
 */
async function taskText(setting: Setting, seat: SeatPlan, { task, features }: FeatureSet): Promise<string> {
  const entries = features.map(
    async (id) => [id, await readFile(join(task.directory, `feature${id}`, 'feature.md'), 'utf8')] as const,
  );
  const descriptions = new Map(await Promise.all(entries));
  if (setting.task) return setting.task(seat, descriptions);
  const own = [...descriptions].filter(([id]) => seat.features.includes(id));
  const [[, only = ''] = [], ...others] = own;
  if (others.length === 0) return only;
  return own.map(([id, text]) => `## Feature ${id}\n\n${text.trim()}\n`).join('\n---\n\n');
}

/**
 * Rejects after the signal has aborted and the agent has had time to stop, unless `ended` aborts first. The timer keeps the
 * process alive, because nothing else may do so.
 */
function rejectWhenStopped(signal: AbortSignal, ended: AbortSignal): Promise<never> {
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

async function collectAs(
  status: 'Completed' | 'LimitsExceeded' | 'Timeout',
  open: OpenSeat,
  record: SeatRecord,
  signal: AbortSignal,
): Promise<void> {
  record.status = status;
  try {
    await collect(open, record, signal);
  } catch (error) {
    record.status = signal.aborted ? 'Cancelled' : 'Error';
    if (!signal.aborted) record.error = messageOf(error);
  }
}

async function collect(open: OpenSeat, record: SeatRecord, signal: AbortSignal): Promise<void> {
  if (open.assignment.plan.handsIn === false) return;
  const collected = await collectPatch(open.sandbox, open.repository, { signal });
  if (collected.patch) record.patch = collected.patch;
  else record.error = record.error ?? collected.problem;
}
