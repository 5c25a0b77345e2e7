import { join } from 'node:path';
import { eachAtOnce } from '../async/each-at-once.ts';
import { CooperBenchError } from '../contracts/errors.ts';
import type { RunSummary } from '../contracts/summaries.ts';
import { writeJson } from '../records/atomic.ts';
import type { EventStream } from '../records/event-stream.ts';
import type { ResultFile } from '../records/result-file.ts';
import { runTrial } from '../trial/run-trial.ts';
import type { Trial, TrialRun } from '../trial/trial.ts';
import { assignSeats } from './assign-seats.ts';
import { recordConfig } from './config-file.ts';
import { evaluateTrials } from './evaluate.ts';
import { noticeBroken, openEvents } from './experiment-events.ts';
import type { ExperimentHost } from './experiment-host.ts';
import { openRunFolder, unwritable, writing } from './log-dir.ts';
import { type RunOptions, runDefaults } from './options.ts';
import { type PlannedTrial, planRun, type RunPlan } from './plan.ts';
import { type Resumption, resume } from './resume.ts';
import { namedSeats } from './seat-choices.ts';
import { Services } from './services.ts';
import { summarise } from './summarise.ts';
import { versionsOf } from './versions.ts';

/** The outcome of a run. */
export interface RunOutcome {
  readonly name: string;
  readonly runDir: string;
  readonly summary: RunSummary;
  /** The reason why the run stopped early. Absent: all trials ran. */
  readonly stopped?: Error | undefined;
}

/**
 * Runs every trial that has no result yet, then evaluates. Resolves even when trials were lost or the run stopped early.
 * @throws ConfigError or PluginError before any trial starts; the signal's reason when aborted, after cleaning up.
 */
export async function runExperiment(host: ExperimentHost, options: RunOptions): Promise<RunOutcome> {
  const { registry } = host;
  const events = openEvents(host, options);
  const plan = planRun(registry, options);
  noticeBroken(plan.dataset, events);
  const concurrency = options.concurrency ?? runDefaults.concurrency;
  const versions = versionsOf(registry, partsOf(plan));
  await using services = new Services(registry, options, events, host.bus);
  if (options.autoEval !== false) await services.evaluator(options);
  const trialOf = await assignSeats(plan, services);
  const bus = plan.bus === undefined ? undefined : await services.bus(plan.bus);
  await using _lock = await openRunFolder(plan.runDir);
  const configHash = await recordConfig(plan, options, { concurrency, versions }, events);
  const resumption = await resume(plan, options.force ?? false, events);
  const seats = namedSeats(plan.trials, registry);
  events.emit({
    type: 'run_started',
    force: options.force ?? false,
    run: plan.name,
    setting: plan.setting.name,
    agent: plan.agent,
    model: seats.some(({ model }) => model !== null) ? plan.model : null,
    backend: plan.backend,
    seats,
    trials: resumption.pending.length,
    skipped: resumption.kept.size,
    concurrency,
    log_dir: plan.runDir,
  });
  const record = {
    agent_framework: plan.agent,
    model: plan.model,
    config_hash: configHash,
    backend: plan.backend,
    versions,
  };
  const run = { name: plan.name, directory: plan.runDir, record, bus, events };
  const stopped = await runPending(resumption, trialOf, run, { ...options, concurrency });
  const summary = await evaluateAndSummarise(plan, resumption, services, host, options, events);
  options.signal?.throwIfAborted();
  if (stopped) events.emit({ type: 'run_stopped', reason: stopped.message });
  events.emit({ type: 'run_finished', run: plan.name, summary });
  return { name: plan.name, runDir: plan.runDir, summary, stopped };
}

function partsOf(plan: RunPlan): Parameters<typeof versionsOf>[1] {
  const seats = plan.trials.flatMap((trial) => trial.seats);
  return [
    ['settings', plan.setting.name],
    ...plan.channels.map((name) => ['channels', name] as const),
    ...seats.map(({ agent }) => ['agents', agent] as const),
    ...seats.map(({ backend }) => ['backends', backend] as const),
    ...(plan.bus === undefined ? [] : [['buses', plan.bus] as const]),
  ];
}

/** Runs the pending trials. Resolves with the reason when it stops early. */
async function runPending(
  { pending, spent: before }: Resumption,
  trialOf: (planned: PlannedTrial) => Trial,
  run: Omit<TrialRun, 'signal' | 'stop'>,
  options: Pick<RunOptions, 'signal' | 'budgetUsd' | 'spentUsd'> & { readonly concurrency: number },
): Promise<Error | undefined> {
  const stopper = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stopper.signal]) : stopper.signal;
  let stopped: Error | undefined;
  let spent = before + (options.spentUsd ?? 0);
  let unaffordable = 0;
  const stop = (error: Error): void => {
    stopped ??= error;
    stopper.abort(error);
  };
  function* affordable(): Generator<PlannedTrial> {
    for (const [index, trial] of pending.entries()) {
      if (signal.aborted) return;
      if (options.budgetUsd !== undefined && spent >= options.budgetUsd) {
        unaffordable = pending.length - index;
        return;
      }
      yield trial;
    }
  }
  const work = (planned: PlannedTrial): Promise<ResultFile | undefined> =>
    runTrial(trialOf(planned), { ...run, signal, stop }).catch((error: Error) => {
      // Without a writable directory every result would be lost, so the run stops.
      stop('code' in error && 'syscall' in error ? unwritable(run.directory, error) : error);
      return undefined;
    });
  for await (const result of eachAtOnce(affordable(), options.concurrency, work))
    spent += result?.total_cost ?? 0;
  if (options.signal?.aborted) return undefined;
  if (unaffordable > 0) stopped ??= budgetExhausted(options.budgetUsd, spent, unaffordable);
  return stopped;
}

function budgetExhausted(budgetUsd: number | undefined, spent: number, notRun: number): CooperBenchError {
  return new CooperBenchError(
    'BUDGET_EXHAUSTED',
    `The budget of $${budgetUsd} is used up: $${spent.toFixed(2)} spent. Trials not run: ${notRun}.`,
    { hint: 'Repeat the command with a larger --budget to continue.' },
  );
}

/** Evaluates the trials on disk and writes the summaries. Writes the run's own summary even when the evaluation fails. */
async function evaluateAndSummarise(
  plan: RunPlan,
  { kept }: Resumption,
  services: Services,
  host: ExperimentHost,
  options: RunOptions,
  events: EventStream,
): Promise<RunSummary> {
  const summaryNow = async (): Promise<RunSummary> =>
    (await summarise(plan.name, plan.runDir, { results: kept, at: events.now() })).run;
  const unevaluated = await summaryNow();
  const write = async (summary: RunSummary): Promise<RunSummary> => {
    await writing(plan.runDir, () => writeJson(join(plan.runDir, 'summary.json'), summary));
    return summary;
  };
  if (options.autoEval === false || options.signal?.aborted || unevaluated.total_tasks === 0)
    return write(unevaluated);
  try {
    // Not `force`: a trial that ran again lost its verdict together with its files, and the other trials keep theirs.
    const changed = { force: false, runName: plan.name, backend: plan.backend };
    const evaluation = { ...options, ...changed, concurrency: options.evalConcurrency };
    await evaluateTrials(host, plan.runDir, evaluation, services, events);
  } catch (error) {
    await write(unevaluated);
    throw error;
  }
  return write(await summaryNow());
}
