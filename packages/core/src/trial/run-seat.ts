import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Deadline, settledWithin } from '../async/deadline.ts';
import { untilAborted } from '../async/until-aborted.ts';
import type { AgentEvent, AgentResult } from '../contracts/agent.ts';
import { AgentError, CooperBenchError, messageOf } from '../contracts/errors.ts';
import type { SeatPlan, Setting } from '../contracts/setting.ts';
import type { FeatureSet } from '../contracts/task.ts';
import { agentEvents } from './agent-events.ts';
import { agentResult } from './agent-result.ts';
import {
  type Collected,
  collectPatch,
  isOwnDoing,
  maxPatchBytes,
  patchLines,
  tooLarge,
} from './collect-patch.ts';
import type { OpenSeat } from './open-seat.ts';
import { SeatRecord } from './seat-record.ts';
import { graceMs, type Trial, type TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';

/** Runs one seat until it ends, and closes it. An AgentError with scope `run` also stops the run. */
export async function runSeat(
  trial: Trial,
  opened: OpenSeat,
  run: TrialRun,
  events: TrialEvents,
): Promise<SeatRecord> {
  await using open = opened;
  const { plan } = open.assignment;
  const record = new SeatRecord();
  try {
    const work = await workOf(trial, open, record, run, events);
    record.status = work.status;
    record.error = work.error ?? null;
    const { patch, problem } = await patchOf(open, work.patch, run.signal);
    if (patch) record.patch = patch;
    else record.error ??= problem;
    if (record.status === 'Timeout' && record.isIdle()) {
      record.status = 'Error';
      record.error = 'its time was up before it recorded a step or an answer of its model';
    }
    // A channel that failed the seat, such as a bus that lost messages, is an infrastructure failure, whatever the agent did.
    await open.leave();
  } catch (error) {
    if (run.signal.aborted) record.status = 'Cancelled';
    else {
      record.status = 'Error';
      record.error = messageOf(error);
      const details = CooperBenchError.is(error) ? record.error : ((error as Error).stack ?? record.error);
      events.log(plan, `failed: ${details}`);
      if (AgentError.is(error) && error.scope === 'run') run.stop(error);
    }
  }
  const { patch, status, steps, error } = record;
  if (plan.handsIn !== false)
    events.emit({ type: 'patch', seat: plan.id, lines: patchLines(patch), bytes: patch.length });
  events.emit({ type: 'seat_finished', seat: plan.id, status, steps, ...record.costFields, error });
  return record;
}

type Work = Omit<AgentResult, 'status'> & { readonly status: AgentResult['status'] | 'Timeout' };

/** Runs the agent until it ends or core stops it. @throws an error that leaves the seat without a patch. */
async function workOf(
  trial: Trial,
  open: OpenSeat,
  record: SeatRecord,
  run: TrialRun,
  events: TrialEvents,
): Promise<Work> {
  const { take, overrun } = agentEvents(open.assignment, record, run, events);
  using deadline = new Deadline(open.assignment.timeoutMs, AbortSignal.any([run.signal, overrun]));
  try {
    const result = agentResult(await runAgent(trial, open, deadline.signal, take));
    // An agent that core stopped has not completed, whatever it returns.
    deadline.signal.throwIfAborted();
    return result;
  } catch (error) {
    if (run.signal.aborted) throw error;
    if (overrun.aborted) return { status: 'LimitsExceeded' };
    // After an AgentError, the agent has failed rather than run out of time.
    if (deadline.passed && !AgentError.is(error)) return { status: 'Timeout' };
    if (record.isIdle() || !isOwnDoing(error, open.sandbox)) throw error;
    return { status: 'Completed', error: messageOf(error) };
  }
}

/** Resolves when the agent ends, or rejects when it has not ended some time after the signal aborted. */
async function runAgent(
  trial: Trial,
  open: OpenSeat,
  signal: AbortSignal,
  record: (event: AgentEvent) => void,
): Promise<AgentResult> {
  const working = startAgent(trial, open, signal, record);
  try {
    return await untilAborted(working, signal);
  } catch (error) {
    if (!(await settledWithin(graceMs.stop, working))) throw error;
    return await working;
  } finally {
    await open.leave().catch(() => {});
  }
}

async function startAgent(
  trial: Trial,
  { assignment, sandbox, channels }: OpenSeat,
  signal: AbortSignal,
  record: (event: AgentEvent) => void,
): Promise<AgentResult> {
  const { plan, agent, access, limits, readsDataset } = assignment;
  const { task } = trial.featureSet;
  const all = trial.seats.map((seat) => seat.plan);
  return agent.run(await taskText(trial.setting, plan, trial.featureSet), {
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

/** The agent's own patch, or else the changes in the work tree. */
async function patchOf(
  { assignment, sandbox, repository }: OpenSeat,
  given: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<Collected> {
  if (given) return given.length <= maxPatchBytes ? { patch: given } : { problem: tooLarge };
  if (assignment.plan.handsIn === false) return { patch: new Uint8Array() };
  return collectPatch(sandbox, repository, { signal });
}
