import { join } from 'node:path';
import { eachAtOnce } from '../async/each-at-once.ts';
import { type Container, tokens } from '../container.ts';
import { CooperBenchError } from '../contracts/errors.ts';
import type { RunSummary } from '../contracts/summaries.ts';
import { writeJson } from '../records/atomic.ts';
import { lockRun } from '../records/lock.ts';
import type { ResultFile } from '../records/result-file.ts';
import { runTrial } from '../trial/run-trial.ts';
import type { RunContext } from '../trial/trial.ts';
import { recordConfig, unwritable } from './config-file.ts';
import { evaluateTrials } from './evaluate.ts';
import { RunEvents } from './events.ts';
import { callJury, type Jury } from './jury.ts';
import { type RunOptions, runDefaults } from './options.ts';
import { planRun, type RunPlan } from './plan.ts';
import { type Resumption, resume } from './resume.ts';
import { Staff } from './staff.ts';
import { summarise } from './summarise.ts';
import { versionsOf } from './versions.ts';

/** What a run came to. */
export interface RunOutcome {
  readonly name: string;
  readonly runDir: string;
  readonly summary: RunSummary;
  /** Why not every trial was run. Absent: all were. */
  readonly stopped?: Error | undefined;
}

/**
 * Runs every trial that has no result yet, then evaluates. Resolves also when trials were lost or the run stopped early.
 * @throws ConfigError or PluginError before anything was run; the signal's reason when aborted, after cleaning up.
 */
export async function runExperiment(container: Container, options: RunOptions): Promise<RunOutcome> {
  const registry = container.get(tokens.registry);
  const events = new RunEvents([options.onEvent]);
  const plan = planRun(registry, options);
  for (const { repo, task, reason } of plan.dataset.broken)
    events.notice(`${repo}/${task} is left out: ${reason}`, 'warning');
  const concurrency = options.concurrency ?? runDefaults.concurrency;
  const seats = plan.trials.flatMap((trial) => trial.seats);
  const usesModel = seats.some(({ agent }) => registry.get('agents', agent).usesModel ?? true);
  const versions = versionsOf(registry, [
    ...seats.map(({ agent }) => ['agents', agent] as const),
    ...seats.map(({ backend }) => ['backends', backend] as const),
    ['buses', plan.bus],
  ]);
  const jury = options.autoEval === false ? undefined : await callJury(registry, options);
  await using staff = await Staff.hire(registry, plan, options, events);
  await using _lock = await lock(plan.runDir);
  await recordConfig(plan, options, { concurrency, versions });
  const resumption = await resume(plan, options.force ?? false, events);
  events.emit({
    type: 'run_started',
    force: options.force ?? false,
    run: plan.name,
    setting: plan.setting.name,
    agent: plan.agent,
    model: usesModel ? plan.model : null,
    backend: plan.backend,
    trials: resumption.pending.length,
    skipped: resumption.kept.size,
    concurrency,
    log_dir: plan.runDir,
  });
  const stopped = await runPending({ plan, staff, resumption, versions, concurrency, events }, options);
  const summary = await conclude(container, plan, { ...resumption, jury }, options, events);
  options.signal?.throwIfAborted();
  if (stopped) events.emit({ type: 'run_stopped', reason: stopped.message });
  events.emit({ type: 'run_finished', run: plan.name, summary });
  return { name: plan.name, runDir: plan.runDir, summary, stopped };
}

interface Work {
  readonly plan: RunPlan;
  readonly staff: Staff;
  readonly resumption: Resumption;
  readonly versions: Record<string, string>;
  readonly concurrency: number;
  readonly events: RunEvents;
}

/** Resolves with why it ended before every trial was run, if it did. */
async function runPending(
  { plan, staff, resumption, versions, concurrency, events }: Work,
  options: RunOptions,
): Promise<Error | undefined> {
  const stopper = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stopper.signal]) : stopper.signal;
  let stopped: Error | undefined;
  let { spent } = resumption;
  const stop = (error: Error): void => {
    stopped ??= error;
    stopper.abort(error);
  };
  const context: RunContext = {
    runName: plan.name,
    runDir: plan.runDir,
    agentName: plan.agent,
    model: plan.model,
    backendName: plan.backend,
    bus: staff.bus,
    git: plan.git,
    timeoutMs: plan.timeoutMs,
    configFile: plan.configFile,
    baseUrl: options.baseUrl,
    configHash: plan.configHash,
    versions,
    emit: events.emit,
    notice: events.notice,
    signal,
    stop,
  };
  function* affordable(): Generator<RunPlan['trials'][number]> {
    for (const trial of resumption.pending) {
      if (signal.aborted) return;
      if (options.budgetUsd !== undefined && spent >= options.budgetUsd) {
        stopped ??= new CooperBenchError(
          'BUDGET_EXHAUSTED',
          `The budget of $${options.budgetUsd} is used up: $${spent.toFixed(2)} spent.`,
          { hint: 'Repeat the command with a larger --budget to go on.' },
        );
        return;
      }
      yield trial;
    }
  }
  const work = (planned: RunPlan['trials'][number]): Promise<ResultFile | undefined> =>
    runTrial(staff.assign(planned, plan.setting.name), context).catch((error: Error) => {
      // Results that cannot be written are results lost: nothing more is started.
      stop('code' in error && 'syscall' in error ? unwritable(plan.runDir, error) : error);
      return undefined;
    });
  for await (const result of eachAtOnce(affordable(), concurrency, work)) spent += result?.total_cost ?? 0;
  return options.signal?.aborted ? undefined : stopped;
}

async function lock(runDir: string): Promise<AsyncDisposable> {
  try {
    return await lockRun(runDir);
  } catch (error) {
    throw CooperBenchError.is(error) ? error : unwritable(runDir, error);
  }
}

/** Evaluates what there is and writes the summaries. An evaluation that cannot be made does not hide the run's own summary. */
async function conclude(
  container: Container,
  plan: RunPlan,
  { kept, jury }: Pick<Resumption, 'kept'> & { readonly jury: Jury | undefined },
  options: RunOptions,
  events: RunEvents,
): Promise<RunSummary> {
  const results = { results: kept, verdicts: new Set<string>() };
  const anything = (await summarise(plan.name, plan.runDir, results)).run;
  const write = async (summary: RunSummary): Promise<RunSummary> => {
    await writeJson(join(plan.runDir, 'summary.json'), summary);
    return summary;
  };
  if (!jury || options.signal?.aborted || anything.total_tasks === 0) return write(anything);
  try {
    // Not `force`: a trial that was run again has lost its verdict with its files, and the others keep theirs.
    const { runName: _, concurrency: __, backend: ___, force: ____, ...rest } = options;
    await evaluateTrials(
      container,
      plan.runDir,
      { ...rest, runName: plan.name, concurrency: options.evalConcurrency },
      events,
      jury,
    );
  } catch (error) {
    await write(anything);
    throw error;
  }
  return write((await summarise(plan.name, plan.runDir, results)).run);
}
