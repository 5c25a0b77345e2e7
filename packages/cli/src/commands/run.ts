import { resolve } from 'node:path';
import {
  BaseCommand,
  describeError,
  isAbort,
  printable,
  type RunTools,
  settingFlags,
} from '@cooperbench/command';
import type { Configuration, ParsedCommand } from '@cooperbench/command/config';
import { count } from '@cooperbench/command/figures';
import { runOptions, seatFlags } from '@cooperbench/command/settings';
import type { Registry } from '@cooperbench/core/host';
import type { RunCheck, RunOptions, RunOutcome, Runs } from '@cooperbench/runs';
import * as Flags from '@oclif/core/flags';
import { exitCodeOfRun, findWorstExitCode } from '../base/exit-code.ts';
import type { PlanOfRun, Problem } from '../experiment/dry-run.ts';
import type { Forecast } from '../experiment/forecast.ts';

interface PlannedRun {
  readonly options: RunOptions;
  /**
   * Begins an error of this run with the place of the wrong value. If it is absent, the command's own configuration has the
   * place.
   */
  placed?(error: unknown): Promise<unknown>;
}

/** The output of `--dry-run --json`. */
interface DryRun {
  readonly runs: readonly PlanOfRun[];
  readonly images: RunCheck['images'];
  readonly notices: RunCheck['notices'];
  readonly problems: readonly Problem[];
  readonly totals: Forecast;
}

export default class Run extends BaseCommand {
  static override summary = 'Run agents on benchmark tasks and evaluate their patches.';
  static override description = 'Skips trials that have a result, so the same command resumes a run.';
  static override examples = [
    '<%= config.bin %> run --backend local --agent oracle --dataset-dir dataset -s smoke',
    '<%= config.bin %> run -n my-experiment -r llama_index_task -m gpt-4o --backend docker',
    '<%= config.bin %> run --setting solo -s lite -m gpt-4o',
  ];

  static override flags = {
    ...settingFlags('run'),
    ...seatFlags,
    force: Flags.boolean({ summary: 'Also run trials that already have a result.' }),
    experiment: Flags.string({
      summary: 'Run every combination of this experiment in the configuration files.',
      helpValue: 'NAME',
    }),
    'dry-run': Flags.boolean({
      summary: 'Check all that a run would refuse, print the plan and what it may cost, and run nothing.',
    }),
  };

  async run(): Promise<object> {
    const parsed = await this.parse(Run);
    const { flags, configuration } = parsed;
    const failUnder = flags['auto-eval'] ? flags['fail-under'] : undefined;
    const container = await this.container();
    const { lockExperiment, planRun, tokens } = await import('@cooperbench/runs');
    const registry = container.get(tokens.registry);
    const runs = container.get(tokens.runs);
    if (flags.experiment === undefined) {
      const { findOrigin } = await import('@cooperbench/command/config');
      const options = { ...runOptions(parsed, Run.flags, registry), origin: findOrigin(configuration) };
      if (flags['dry-run']) {
        const { runs: plans, ...rest } = await this.#dryRun(runs, registry, [{ options }]);
        return { ...plans[0], ...rest };
      }
      const outcome = await this.#execute(runs, registry, options, flags.reporter);
      if (outcome.stopped) this.#printError(outcome.stopped);
      process.exitCode = exitCodeOfRun(outcome, failUnder, this.isTaskLeftOut);
      return outcome.summary;
    }
    const { planExperiment } = await import('../experiment/plan.ts');
    const command = {
      ...{ parsed, registry, definitions: Run.flags },
      parse: (configuration: Configuration) => this.parse(Run, this.argv, configuration),
      placed: (error: unknown, runCommand: ParsedCommand) => this.placed(error, runCommand),
    };
    const planned = await planExperiment(flags.experiment, command, (options) => planRun(registry, options));
    if (flags['dry-run'])
      return { experiment: flags.experiment, ...(await this.#dryRun(runs, registry, planned)) };
    const name = configuration.experiments.get(flags.experiment)?.value.name ?? flags.experiment;
    await using _lock = await lockExperiment(resolve(flags['log-dir']), name);
    const { listSeatsOfRun, remainingWork, runExperiment } = await import('../experiment/run-experiment.ts');
    const { buildExperimentTable } = await import('../experiment/table.ts');
    const { readSpending } = await import('@cooperbench/records');
    const printsProgress = flags.reporter !== 'json' && flags.reporter !== 'silent';
    const describeRemaining = (): Promise<string> =>
      remainingWork(
        String(flags.experiment),
        planned.map(({ plan }) => plan),
      );
    const optionsWithBackends = await this.reported(flags.reporter, async (tools) => {
      const { withRunBackends } = await import('@cooperbench/command/backends');
      return withRunBackends(
        registry,
        planned.map(({ options }) => options),
        tools,
      );
    });
    const outcome = await runExperiment(
      planned.map((run, index) => ({
        ...run,
        options: optionsWithBackends[index] ?? run.options,
        seats: listSeatsOfRun(run.plan),
        spent: () => readSpending(run.plan.runDir),
      })),
      failUnder,
      (options, part) => this.#execute(runs, registry, options, flags.reporter, part),
      (error) => this.#printError(error),
    ).catch(async (error: unknown) => {
      if (printsProgress && isAbort(error)) this.log(await describeRemaining());
      throw error;
    });
    if (printsProgress) {
      this.log('');
      await this.table(...buildExperimentTable(outcome.runs));
      if (outcome.runs.some(({ error }) => error)) this.log(await describeRemaining());
    }
    const codes = outcome.runs.map(({ exit_code }) => exit_code);
    process.exitCode = findWorstExitCode([...codes, this.isTaskLeftOut ? 1 : 0]);
    return { experiment: flags.experiment, ...outcome };
  }

  #execute(
    runs: Runs,
    registry: Registry,
    options: RunOptions,
    reporter: string | undefined,
    part?: string,
  ): Promise<RunOutcome> {
    const run = async (tools: RunTools): Promise<RunOutcome> => {
      const { withRunBackend } = await import('@cooperbench/command/backends');
      return runs.run({ ...(await withRunBackend(registry, options, tools)), ...tools });
    };
    return this.reported(reporter, run, { part });
  }

  /** Checks and prints the plans. Sets the exit code 2 when a run would not start. */
  async #dryRun(runs: Runs, registry: Registry, planned: readonly PlannedRun[]): Promise<DryRun> {
    const { forecast, forecastLines } = await import('../experiment/forecast.ts');
    const {
      removeDuplicates: distinct,
      formatImageLines,
      planOf,
      formatProblemLine,
      findProblems,
      buildSeatRows,
    } = await import('../experiment/dry-run.ts');
    const checks = await this.reported('silent', async (tools) => {
      const runChecks: RunCheck[] = [];
      const { withRunBackends } = await import('@cooperbench/command/backends');
      const onEvent: RunTools['onEvent'] = (event) => {
        if (event.type === 'notice') this.log(printable(event.text));
      };
      const onWait: RunTools['onEvent'] = (event) => {
        if (event.type === 'notice') this.logToStderr(printable(event.text));
      };
      const options = planned.map(({ options }) => options);
      for (const runOptions of await withRunBackends(registry, options, { ...tools, onEvent }))
        runChecks.push(await runs.check({ ...runOptions, ...tools, onEvent: onWait }));
      return runChecks;
    });
    const plans = checks.map(planOf);
    for (const { name, trials, log_dir } of plans) {
      this.log(`${name}: ${count(trials.length, 'trial')} in ${log_dir}`);
      for (const { trial, image, seats } of trials) {
        this.log(`${trial}  ${image}`);
        await this.table(buildSeatRows(seats), { indent: '  ' });
      }
    }
    const notices = distinct(checks.flatMap((check) => check.notices));
    for (const { level, text } of notices)
      if (level === 'info') this.log(printable(text));
      else if (!this.jsonEnabled()) this.logToStderr(`Warning: ${printable(text)}`);
    const images = distinct(checks.flatMap((check) => check.images));
    const limits = planned[0]?.options ?? {};
    const totals = await forecast(checks, limits);
    for (const line of [...formatImageLines(images), ...forecastLines(totals, limits)])
      this.log(printable(line));
    const problems = await findProblems(checks, async (error, run) =>
      this.failure((await planned[run]?.placed?.(error)) ?? error),
    );
    if (problems.length > 0) process.exitCode = 2;
    if (!this.jsonEnabled())
      for (const problem of problems) process.stderr.write(`Error: ${formatProblemLine(problem, checks)}\n`);
    return { runs: plans, images, notices, problems, totals };
  }

  #printError(error: Error): void {
    process.stderr.write(`Error: ${describeError(error, []).text}\n`);
  }
}
