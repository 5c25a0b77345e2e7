import { join } from 'node:path';
import { count, formatMoney } from '@cooperbench/command/figures';
import { maxPhases } from '@cooperbench/core/host';
import { buildSeats, checkRunFolder, isUnfinished, readTrials, runNames } from '@cooperbench/records';
import {
  findModelOfSeat,
  type PlannedTrial,
  type RunCheck,
  type RunOptions,
  runDefaults,
} from '@cooperbench/runs';

/** The expected work and cost of planned runs. Costs are in USD. */
export interface Forecast {
  readonly runs: number;
  readonly trials: number;
  /** The phases of a trial, at most. If it is absent, the settings have none. */
  readonly max_phases?: number;
  /** How many of these trials keep an earlier result. */
  readonly done: number;
  /**
   * The maximum cost of the other trials, by `--max-cost` and `--budget`. It is null if the price of a model is not known, so
   * nothing limits it.
   */
  readonly at_most: number | null;
  /** Models whose price is not known. */
  readonly unpriced: readonly string[];
  /**
   * The mean cost of earlier trials in the log directory with the same setting, agents and models. It is null if some trial
   * has no such earlier trial.
   */
  readonly estimate: { readonly cost: number; readonly earlier_trials: number } | null;
}

/** Estimates the work and the cost of runs from their checks and from earlier trials. */
export async function forecast(
  checks: readonly RunCheck[],
  { logsDir, budgetUsd, concurrency = runDefaults.concurrency }: Limits,
): Promise<Forecast> {
  const pending = checks.flatMap(({ plan, done }) =>
    plan.trials.filter(({ id }) => !done.has(id)).map((trial) => ({ trial, plan })),
  );
  const trials = checks.reduce((sum, { plan }) => sum + plan.trials.length, 0);
  const costs = pending.map(
    ({ trial, plan }) => trial.seats.filter(({ usesModel }) => usesModel).length * plan.limits.maxCostUsd,
  );
  const totalSpent = checks.reduce((sum, check) => sum + check.spent, 0);
  const unpriced = [...new Set(checks.flatMap((check) => [...check.unpriced]))];
  const phases = countPhasesAtMost(checks);
  return {
    runs: checks.length,
    trials,
    ...(phases > 0 && { max_phases: phases }),
    done: trials - pending.length,
    at_most: unpriced.length > 0 ? null : bound(costs, { budgetUsd, spent: totalSpent, concurrency }),
    unpriced,
    estimate: await estimateOf(pending, logsDir ?? runDefaults.logsDir),
  };
}

/** 0: no setting has phases. */
function countPhasesAtMost(checks: readonly RunCheck[]): number {
  const phases = checks.map(({ plan: { setting } }) =>
    setting.phases ? (setting.maxPhases ?? maxPhases) : 0,
  );
  return Math.max(0, ...phases);
}

type Limits = Pick<RunOptions, 'logsDir' | 'budgetUsd' | 'concurrency'>;

/** Returns the maximum cost. Trials that are running when the budget is used up still end as usual, so they may exceed it. */
function bound(
  costs: readonly number[],
  {
    budgetUsd = Number.POSITIVE_INFINITY,
    spent,
    concurrency,
  }: { budgetUsd?: number | undefined; spent: number; concurrency: number },
): number {
  if (spent >= budgetUsd) return 0;
  const running = Math.min(concurrency, costs.length) * Math.max(0, ...costs);
  return Math.min(
    costs.reduce((sum, cost) => sum + cost, 0),
    budgetUsd - spent + running,
  );
}

async function estimateOf(
  pending: readonly { readonly trial: PlannedTrial; readonly plan: RunCheck['plan'] }[],
  logsDir: string,
): Promise<Forecast['estimate']> {
  const pastCosts = await mapEarlierCosts(logsDir);
  const trialCosts = pending.map(({ trial, plan }) => {
    const seats = trial.seats.map((seat) => ({ agent: seat.agent, model: findModelOfSeat(seat) }));
    return pastCosts.get(getKey(plan.setting.name, seats));
  });
  const knownCosts = trialCosts.filter((costs) => costs !== undefined);
  if (knownCosts.length === 0 || knownCosts.length < trialCosts.length) return null;
  return {
    cost: knownCosts.reduce((sum, costs) => sum + computeMean(costs), 0),
    earlier_trials: [...new Set(knownCosts)].reduce((sum, costs) => sum + costs.length, 0),
  };
}

export function forecastLines(
  { runs, trials, max_phases: phases = 0, done, at_most, unpriced, estimate }: Forecast,
  { budgetUsd }: Limits,
): string[] {
  const limits = budgetUsd === undefined ? '--max-cost' : '--max-cost and --budget';
  const bound =
    at_most === null
      ? `Remaining trials cost: no upper bound, because the price of ${unpriced.join(' and ')} is not known`
      : `Remaining trials cost: at most ${formatMoney(at_most)} by ${limits}`;
  const phaseText = phases === 0 ? '' : ` of at most ${count(phases, 'phase')}`;
  const total = `Total: ${count(runs, 'run')}, ${count(trials, 'trial')}${phaseText}, ${done} done already`;
  if (!estimate) return [total, bound];
  const { cost, earlier_trials: from } = estimate;
  return [
    total,
    bound,
    `Estimate: ${formatMoney(cost)}, from ${count(from, 'earlier trial')} of the same agents and models`,
  ];
}

/** Returns the costs of the trials in a log directory, by setting, agents and models. */
async function mapEarlierCosts(logsDir: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const costs = new Map<string, number[]>();
  for (const name of await runNames(logsDir)) {
    const folder = join(logsDir, name);
    const readable = await checkRunFolder(folder).then(
      () => true,
      () => false,
    );
    for (const { setting, result } of readable ? await readTrials(folder) : []) {
      if (result?.total_cost === undefined || isUnfinished(result)) continue;
      const seats = Object.values(buildSeats(result));
      if (seats.some(({ cost_known }) => cost_known === false)) continue;
      const key = getKey(
        setting,
        seats.map(({ agent_framework: agent, model }) => ({ agent, model })),
      );
      costs.set(key, [...(costs.get(key) ?? []), result.total_cost]);
    }
  }
  return costs;
}

function getKey(
  setting: string,
  seats: readonly { readonly agent: string; readonly model: string | null }[],
): string {
  return JSON.stringify([setting, ...seats.map(({ agent, model }) => [agent, model])]);
}

function computeMean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
