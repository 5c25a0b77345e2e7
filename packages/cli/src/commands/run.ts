import { runDefaults } from '@cooperbench/core/defaults';
import type {
  Container,
  PlannedTrial,
  Registry,
  RunOptions,
  RunOutcome,
  RunPlan,
} from '@cooperbench/core/host';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../base/base-command.ts';
import { describeError } from '../base/describe-error.ts';
import { exitCodeOfRun, worstExitCode } from '../base/exit-code.ts';
import type { Configuration } from '../config/configuration.ts';
import { originOf } from '../config/load.ts';
import type { Parsed } from '../config/origin.ts';
import { parseDuration } from '../flags/duration.ts';
import { optionFlags } from '../flags/plugin-options.ts';
import { runOptions } from '../flags/run-options.ts';
import { filterFlags, outcomeFlags, placeFlags, positive } from '../flags/shared.ts';

export default class Run extends BaseCommand {
  static override summary = 'Run agents on benchmark tasks and evaluate their patches.';
  static override description = 'Trials that have a result are skipped: repeat the command to resume a run.';
  static override examples = [
    '<%= config.bin %> run --backend local --agent oracle --dataset-dir dataset -s smoke',
    '<%= config.bin %> run -n my-experiment -r llama_index_task -m gpt-4o --backend docker',
    '<%= config.bin %> run --setting solo -s lite -m gpt-4o',
  ];

  static override flags = {
    name: Flags.string({
      char: 'n',
      summary: 'Experiment name; generated from the settings when not given.',
      env: 'COOPERBENCH_NAME',
    }),
    ...filterFlags,
    model: Flags.string({
      char: 'm',
      summary: 'Model, as LiteLLM names it.',
      default: runDefaults.modelName,
      env: 'COOPERBENCH_MODEL',
    }),
    agent: Flags.string({
      char: 'a',
      summary: 'Agent framework.',
      default: runDefaults.agent,
      env: 'COOPERBENCH_AGENT',
    }),
    seat: Flags.string({
      summary: 'Another agent or model for one seat: SEAT=[AGENT][:MODEL]. Repeatable.',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'seat-backend': Flags.string({
      summary: 'Another backend for one seat: SEAT=BACKEND. Repeatable.',
      multiple: true,
      multipleNonGreedy: true,
    }),
    concurrency: Flags.integer({
      char: 'c',
      summary: 'Trials at once.',
      default: runDefaults.concurrency,
      min: 1,
      env: 'COOPERBENCH_CONCURRENCY',
    }),
    setting: Flags.string({
      summary: 'coop or solo.',
      default: runDefaults.setting,
      env: 'COOPERBENCH_SETTING',
    }),
    backend: Flags.string({
      summary: 'Where sandboxes come from.',
      default: runDefaults.backend,
      env: 'COOPERBENCH_BACKEND',
    }),
    redis: Flags.string({ summary: 'Redis URL; messages then go through Redis.', env: 'COOPERBENCH_REDIS' }),
    bus: Flags.string({
      summary: "Message bus by name: memory, redis, or a plugin's.",
      env: 'COOPERBENCH_BUS',
    }),
    ...optionFlags,
    git: Flags.boolean({
      summary: 'Share git branches between the agents.',
      allowNo: true,
      env: 'COOPERBENCH_GIT',
    }),
    messaging: Flags.boolean({
      summary: 'Messages between the agents.',
      default: true,
      allowNo: true,
      env: 'COOPERBENCH_MESSAGING',
    }),
    'auto-eval': Flags.boolean({
      summary: 'Evaluate after the run.',
      default: true,
      allowNo: true,
      env: 'COOPERBENCH_AUTO_EVAL',
    }),
    'eval-concurrency': Flags.integer({
      summary: 'Evaluations at once.',
      default: runDefaults.evalConcurrency,
      min: 1,
      env: 'COOPERBENCH_EVAL_CONCURRENCY',
    }),
    force: Flags.boolean({ summary: 'Run again what has a result.' }),
    'agent-config': Flags.string({
      summary: 'Configuration file handed to the agent.',
      env: 'COOPERBENCH_AGENT_CONFIG',
    }),
    'base-url': Flags.string({
      summary: "Endpoint that speaks the model provider's protocol; its key comes from COOPERBENCH_API_KEY.",
      env: 'COOPERBENCH_BASE_URL',
    }),
    'max-cost': positive({
      summary: 'US dollars a seat may spend. [default: 3]',
      what: 'number of dollars',
      env: 'COOPERBENCH_MAX_COST',
    }),
    'max-steps': Flags.integer({
      summary: 'Steps a seat may take.',
      default: runDefaults.maxSteps,
      min: 1,
      env: 'COOPERBENCH_MAX_STEPS',
    }),
    timeout: Flags.custom<number>({ parse: async (text) => parseDuration(text) })({
      summary: 'Time a seat may take, for example 30m. [default: 1h]',
      env: 'COOPERBENCH_TIMEOUT',
    }),
    budget: positive({
      summary: 'US dollars the whole run may spend: no new trial starts past it.',
      what: 'number of dollars',
      env: 'COOPERBENCH_BUDGET',
    }),
    ...placeFlags,
    ...outcomeFlags,
    evaluator: Flags.string({
      summary: 'Evaluator by name.',
      default: runDefaults.evaluator,
      env: 'COOPERBENCH_EVALUATOR',
    }),
    'merge-policy': Flags.string({
      summary: "What happens to patches that conflict: union, strict, lead, or a plugin's.",
      default: runDefaults.mergePolicy,
      env: 'COOPERBENCH_MERGE_POLICY',
    }),
    experiment: Flags.string({
      summary: "Run every combination of this experiment of the configuration file's.",
    }),
    'dry-run': Flags.boolean({ summary: 'Print what would be run, and run nothing.' }),
  };

  async run(): Promise<object> {
    const parsed = await this.parse(Run);
    const { flags, configuration } = parsed;
    const container = await this.container();
    const core = await import('@cooperbench/core/host');
    const registry = container.get(core.tokens.registry);
    if (flags.experiment === undefined) {
      const options = { ...runOptions(flags, configuration, registry), origin: originOf(configuration) };
      if (flags['dry-run']) return this.#show(core.planRun(registry, options), registry);
      const outcome = await this.#play(container, options, flags.reporter);
      if (outcome.stopped) this.#complain(outcome.stopped);
      process.exitCode = exitCodeOfRun(outcome, flags['fail-under']);
      return outcome.summary;
    }
    const { planExperiment } = await import('../experiment/plan.ts');
    const command = {
      ...{ parsed, registry, definitions: Run.flags },
      parse: (configuration: Configuration) => this.parse(Run, this.argv, configuration),
      placed: (error: unknown, own: Parsed) => this.placed(error, own),
    };
    const planned = await planExperiment(flags.experiment, command, (options) =>
      core.planRun(registry, options),
    );
    if (flags['dry-run']) {
      const runs: object[] = [];
      for (const { plan } of planned) runs.push(await this.#show(plan, registry));
      return { experiment: flags.experiment, runs };
    }
    const { playExperiment } = await import('../experiment/play.ts');
    const { experimentTable } = await import('../experiment/table.ts');
    const outcome = await playExperiment(
      planned,
      flags['fail-under'],
      (options) => this.#play(container, options, flags.reporter),
      (error) => this.#complain(error),
    );
    if (flags.reporter !== 'json' && flags.reporter !== 'silent') {
      this.log('');
      await this.table(...experimentTable(outcome.runs));
    }
    process.exitCode = worstExitCode(outcome.runs.map(({ exit_code }) => exit_code));
    return { experiment: flags.experiment, ...outcome };
  }

  #play(container: Container, options: RunOptions, reporter: string | undefined): Promise<RunOutcome> {
    return this.reported(reporter, async (tools) => {
      const { runExperiment } = await import('@cooperbench/core/host');
      return runExperiment(container, { ...options, ...tools });
    });
  }

  #complain(error: Error): void {
    process.stderr.write(`Error: ${describeError(error, []).text}\n`);
  }

  async #show(plan: RunPlan, registry: Registry): Promise<object> {
    const model = (seat: PlannedTrial['seats'][number]): string =>
      registry.get('agents', seat.agent).usesModel === false ? '' : seat.model;
    const trials = plan.trials.map(({ id, pair, seats }) => ({
      trial: id,
      image: pair.task.image,
      seats,
    }));
    for (const { repo, task, reason } of plan.dataset.broken)
      this.logToStderr(`Warning: ${repo}/${task} is left out: ${reason}`);
    this.log(`${plan.name}: ${trials.length} ${trials.length === 1 ? 'trial' : 'trials'} in ${plan.runDir}`);
    for (const { trial, image, seats } of trials) {
      this.log(`${trial}  ${image}`);
      const rows = seats.map((one) => [
        one.seat,
        `${one.features.length === 1 ? 'feature' : 'features'} ${one.features.join(', ')}`,
        ...[one.agent, model(one), one.backend],
      ]);
      await this.table(rows, { indent: '  ' });
    }
    return { name: plan.name, log_dir: plan.runDir, setting: plan.setting.name, trials };
  }
}
