import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CooperBenchError, GracePeriod, getMessage, mapConcurrently } from '@cooperbench/core';
import { chooseNetwork } from '@cooperbench/core/host';
import {
  findSharedBySeats,
  isUnfinished,
  type Ledger,
  type ResultFile,
  type RunSummary,
  summarise,
  writeJson,
} from '@cooperbench/records';
import { evaluateTrials } from '../evaluation/evaluate.ts';
import { type RunOptions, runDefaults } from '../options/options.ts';
import { findNamedSeats } from '../options/planned-seats.ts';
import { type PlannedTrial, planRun, type RunPlan } from '../plan/plan.ts';
import { readJudging, recordConfig } from '../run-folder/config-file.ts';
import { createResultsUnwritableError, openRunFolder, runWrites } from '../run-folder/log-dir.ts';
import { type Resumption, resume } from '../run-folder/resume.ts';
import { countLosses, openLedger } from '../run-folder/spending.ts';
import { assignSeats } from '../services/assign-seats.ts';
import { checkEvalNetwork } from '../services/evaluation-network.ts';
import { noticeBroken, openRunEvents } from '../services/run-events.ts';
import type { RunHost } from '../services/run-host.ts';
import { Services } from '../services/services.ts';
import { buildVersions } from '../services/versions.ts';
import type { EventStream } from '../trial/event-stream.ts';
import { RunLosses } from '../trial/run-losses.ts';
import { runTrial } from '../trial/run-trial.ts';
import { type Trial, TrialNotStarted, type TrialRun } from '../trial/trial.ts';

/** The outcome of a run. */
export interface RunOutcome {
  readonly name: string;
  readonly runDir: string;
  readonly summary: RunSummary;
  /** The reason why the run stopped early. If it is absent, all trials ran. */
  readonly stopped?: Error | undefined;
}

/**
 * Runs every trial that has no result yet, then evaluates. Resolves even when trials were lost or the run stopped early.
 * @throws ConfigError or PluginError before any trial starts; the signal's reason when aborted, after cleaning up.
 */
export async function executeRun(host: RunHost, options: RunOptions): Promise<RunOutcome> {
  const { registry } = host;
  const events = openRunEvents(host, options);
  const plan = planRun(registry, options);
  noticeBroken(plan.dataset, options, events);
  const concurrency = options.concurrency ?? runDefaults.concurrency;
  const policies = plan.trials.map(({ featureSet }) => chooseNetwork(featureSet.task, plan.network));
  const versions = buildVersions(registry, listUsedPlugins(plan), policies);
  await using services = new Services(host, options, events);
  const judging = await readJudging(plan.runDir, options);
  if (options.autoEval !== false) await services.evaluator({ ...options, ...judging });
  const trialOf = await assignSeats(plan, services);
  if (options.autoEval !== false) await checkEvalNetwork(plan, services, judging);
  const connectRegistries = await services.connectRegistries(policies, options.registries ?? []);
  const bus = plan.bus === undefined ? undefined : await services.bus(plan.bus);
  await using _lock = await openRunFolder(plan.runDir);
  const configHash = await recordConfig(plan, options, { concurrency, versions }, events);
  const resumption = await resume(plan, options.force ?? false, events);
  const { ledger, spent, losses: previousLosses } = await openLedger(plan.runDir, events);
  await using _ledger = ledger;
  const seats = findNamedSeats(plan.trials);
  events.emit({
    type: 'run_started',
    force: options.force ?? false,
    run: plan.name,
    setting: plan.setting.name,
    agent: findSharedBySeats(seats.map(({ agent }) => agent)),
    model: findSharedBySeats(seats.map(({ model }) => model)),
    backend: plan.backend,
    seats,
    trials: resumption.pending.length,
    skipped: resumption.kept.size,
    concurrency,
    log_dir: plan.runDir,
  });
  const record = { config_hash: configHash, backend: plan.backend, versions };
  const { limits, gate } = services;
  const losses = new RunLosses(countLosses(previousLosses), limits.sameMoment);
  const run = {
    ...{ name: plan.name, directory: plan.runDir, record, bus, events, ledger, limits, losses, gate },
    connectRegistries,
  };
  const spentBefore = spent + (options.spentUsd ?? 0);
  const stopError = await runPending(resumption.pending, trialOf, run, spentBefore, {
    ...options,
    concurrency,
  });
  const summary = await evaluateAndSummarise(plan, resumption, services, host, options, events);
  options.signal?.throwIfAborted();
  if (stopError) events.emit({ type: 'run_stopped', reason: stopError.message });
  events.emit({ type: 'run_finished', run: plan.name, summary });
  return { name: plan.name, runDir: plan.runDir, summary, stopped: stopError };
}

function listUsedPlugins(plan: RunPlan): Parameters<typeof buildVersions>[1] {
  const seats = plan.trials.flatMap((trial) => trial.seats);
  return [
    ['settings', plan.setting.name],
    ...plan.channels.map((name) => ['channels', name] as const),
    ...seats.map(({ agent }) => ['agents', agent] as const),
    ...seats.map(({ backend }) => ['backends', backend] as const),
    ...(plan.bus === undefined ? [] : [['buses', plan.bus] as const]),
  ];
}

/** Runs the pending trials. `before` was spent before this command. Resolves with the reason when it stops early. */
async function runPending(
  pending: readonly PlannedTrial[],
  trialOf: (planned: PlannedTrial) => Trial,
  run: Omit<TrialRun, 'signal' | 'closing' | 'stop' | 'refuseIfUnaffordable'> & { readonly ledger: Ledger },
  spentBefore: number,
  {
    concurrency,
    budgetUsd,
    signal: stopSignal,
  }: Pick<RunOptions, 'signal' | 'budgetUsd'> & { readonly concurrency: number },
): Promise<Error | undefined> {
  const stopper = new AbortController();
  const signal = stopSignal ? AbortSignal.any([stopSignal, stopper.signal]) : stopper.signal;
  using gracePeriod = new GracePeriod(run.limits.abort, signal);
  let stopError: Error | undefined;
  let unaffordable = 0;
  /** Trials in a row that were lost after they had spent something. */
  let losses = 0;
  let withoutResult: Error | undefined;
  // Without a writable directory every result and every cost would be lost.
  const stop = (error: Error): void => {
    stopError ??=
      'code' in error && 'syscall' in error ? createResultsUnwritableError(run.directory, error) : error;
    stopper.abort(stopError);
  };
  // Includes what the running trials have spent so far.
  const spentSoFar = (): number => spentBefore + run.ledger.appended;
  const isAffordable = (): boolean => budgetUsd === undefined || spentSoFar() < budgetUsd;
  async function* limitToBudget(): AsyncGenerator<PlannedTrial> {
    for (const [index, trial] of pending.entries()) {
      if (losses >= maxLosses) await pause();
      if (signal.aborted || stopError) return;
      if (!isAffordable()) {
        unaffordable += pending.length - index;
        return;
      }
      yield trial;
    }
  }
  const pause = async (): Promise<void> => {
    run.events.notice(
      `${maxLosses} trials in a row were lost after they had spent something. Until one ends well, CooperBench starts one trial every ${run.limits.pause / 1000} s. Interrupt the command if the cause lasts.`,
      'warning',
    );
    await delay(run.limits.pause, undefined, { signal }).catch(() => {});
  };
  const work = async (planned: PlannedTrial): Promise<ResultFile | undefined> => {
    let isRefused = false;
    const refuseIfUnaffordable = (): void => {
      if (isAffordable()) return;
      if (!isRefused) unaffordable += 1;
      isRefused = true;
      throw new TrialNotStarted();
    };
    const signals = { signal, closing: gracePeriod.signal, stop, refuseIfUnaffordable };
    try {
      const result = await runTrial(trialOf(planned), { ...run, ...signals });
      await run.ledger.sync();
      return result;
    } catch (error) {
      if (error instanceof TrialNotStarted) return undefined;
      // Without a writable directory every result would be lost, so the run stops.
      const { syscall, code = '' } = error as NodeJS.ErrnoException;
      if (syscall !== undefined && !ofOneFolder.has(code)) stop(error as Error);
      run.events.notice(`${planned.id} has no result: ${getMessage(error)}`, 'warning');
      withoutResult ??= error as Error;
      return undefined;
    }
  };
  for await (const result of mapConcurrently(limitToBudget(), concurrency, work)) {
    if (result === undefined) continue;
    // A trial lost before it cost anything says nothing about the cost of the next loss.
    if (!isUnfinished(result)) losses = 0;
    else if (result.total_cost > 0) losses += 1;
  }
  stopError ??= withoutResult;
  if (stopSignal?.aborted) return undefined;
  if (unaffordable > 0) stopError ??= createBudgetExhaustedError(budgetUsd, spentSoFar(), unaffordable);
  return stopError;
}

/** Codes of errors for which something in the place of one trial's folder or file is the reason. */
const ofOneFolder = new Set(['EEXIST', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENOTDIR', 'ENOTEMPTY']);

/** After so many trials in a row that cost something and were lost, no new trial starts for a while. A lost trial never ends a run. */
const maxLosses = 3;

function createBudgetExhaustedError(
  budgetUsd: number | undefined,
  spentUsd: number,
  notRun: number,
): CooperBenchError {
  return new CooperBenchError(
    'BUDGET_EXHAUSTED',
    `The budget of $${budgetUsd} is used up: $${spentUsd.toFixed(2)} spent. Trials not run: ${notRun}.`,
    { hint: 'Repeat the command with a larger --budget to continue.' },
  );
}

/** Evaluates the trials on disk and writes the summaries. Writes the run's own summary even when the evaluation fails. */
async function evaluateAndSummarise(
  plan: RunPlan,
  { kept }: Resumption,
  services: Services,
  host: RunHost,
  options: RunOptions,
  events: EventStream,
): Promise<RunSummary> {
  const summaryNow = async (): Promise<RunSummary> =>
    (
      await summarise(plan.name, plan.runDir, {
        ...{ results: kept, at: events.now(), isPolicyChosen: options.mergePolicy !== undefined },
        mergePolicy: (await readJudging(plan.runDir, options)).mergePolicy,
      })
    ).run;
  const unevaluated = await summaryNow();
  const write = async (summary: RunSummary): Promise<RunSummary> => {
    await runWrites(plan.runDir, () => writeJson(join(plan.runDir, 'summary.json'), summary));
    return summary;
  };
  if (options.autoEval === false || options.signal?.aborted || unevaluated.total_tasks === 0)
    return write(unevaluated);
  try {
    // `force` is off here: a trial that ran again lost its verdict together with its files, and the other trials keep theirs.
    const newOptions = { force: false, runName: plan.name, backend: plan.backend };
    const evaluation = { ...options, ...newOptions, concurrency: options.evalConcurrency };
    await evaluateTrials(host, plan.runDir, evaluation, services, events);
  } catch (error) {
    await write(unevaluated);
    throw error;
  }
  return write(await summaryNow());
}
