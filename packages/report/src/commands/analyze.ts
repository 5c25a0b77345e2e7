import { createInterface } from 'node:readline/promises';
import { Args, buildOptionsFromFlags, Flags, printable, settingFlags } from '@cooperbench/command';
import { count, formatCostText } from '@cooperbench/command/figures';
import { ConfigError } from '@cooperbench/core/errors';
import type { AnalysisPlan, AnalyzedTrial } from '../analysis/analyze.ts';
import type { LabelReport } from '../analysis/summary.ts';
import { ReportCommand } from '../report-command.ts';
import type { Run } from '../trials/read-run.ts';

const acceptedSettings = { logDir: {}, prices: {} } as const;

export default class Analyze extends ReportCommand {
  static override summary = 'Label coordination failures with a model. This costs money.';
  static override description =
    'Labels failures of coordination: expectation, commitment, communication. Each label needs a quote that occurs in the conversation. The model labels each pair twice, and the agreement is reported. Before the first call, says what it will cost and asks for confirmation. Keeps every answer in analysis.json beside the trial, so a repeated command pays for nothing twice. `report` and `show` print the labels.';
  static override examples = [
    '<%= config.bin %> analyze my-experiment --model gpt-5',
    '<%= config.bin %> analyze my-experiment --model gpt-5 --yes --json',
  ];
  static override args = { run: Args.string({ description: 'Run name.', required: true }) };
  // These flags are not settings: the model that labels is not the model of the agents.
  static override flags = {
    ...settingFlags(acceptedSettings),
    model: Flags.string({
      char: 'm',
      summary: 'Model that labels, as LiteLLM names it.',
      helpValue: 'NAME',
      required: true,
    }),
    'base-url': Flags.string({
      summary: "Endpoint that speaks the model provider's protocol.",
      helpValue: 'URL',
    }),
    'agent-config': Flags.string({
      summary: 'Configuration of mini_swe_agent: its keys model, price and retries apply.',
      helpValue: 'FILE',
    }),
    concurrency: Flags.integer({
      char: 'c',
      summary: 'Pairs that the model reads at the same time.',
      default: 8,
      min: 1,
      max: 64,
      helpValue: 'N',
    }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask before the first call.' }),
  };

  async run(): Promise<object> {
    const { args, flags, dotEnv, configuration } = await this.parse(Analyze);
    const { model, concurrency } = flags;
    const report = await import('../index.ts');
    // oclif's own method prints nothing with --json.
    const printLine = (line: string): void => void process.stderr.write(`${printable(line)}\n`);
    const trials = await this.interruptible(async (signal) => {
      const plan = await report.planAnalysis(flags['log-dir'], args.run, model);
      for (const problem of plan.problems) printLine(`Warning: ${problem}`);
      printLine(planText(plan, args.run));
      if (plan.calls === 0) return [];
      const { openTextModel } = await import('@cooperbench/agent-mini-swe');
      const access = {
        ...{ model, baseUrl: flags['base-url'], configFile: flags['agent-config'], signal },
        chosenByProject: { variables: dotEnv },
        price: buildOptionsFromFlags(acceptedSettings, flags, configuration).prices?.[model],
      };
      const { ask, cost } = await openTextModel(access, printLine);
      const { calls, input_tokens: inputTokens, output_tokens: outputTokens } = plan;
      const estimate = cost({ inputTokens, outputTokens });
      printLine(
        `${count(calls, 'call')} of ${model}, about ${inputTokens.toLocaleString('en')} input tokens: ${formatCostText(estimate ?? 0, estimate !== undefined)}, plus what the model spends on reasoning.`,
      );
      if (!flags.yes) await confirm(signal);
      const analyzed: AnalyzedTrial[] = [];
      const analyzedTrials = report.analyze(plan, {
        ...{ model, concurrency, signal },
        ask: ({ pass, ...question }) => ask({ ...question, seat: `pass${pass}`, seed: pass }),
      });
      for await (const analyzedTrial of analyzedTrials) {
        analyzed.push(analyzedTrial);
        printLine(
          `${analyzed.length}/${plan.pending.length} ${analyzedTrial.trial}${analyzedTrial.analysis ? '' : ': no usable answer'}`,
        );
      }
      return analyzed;
    });
    const run = await report.readRun(flags['log-dir'], args.run);
    const labels = report.labelReports(run.trials).filter((labelReport) => labelReport.model === model);
    await this.#print(run, model);
    const cost = trials.reduce((sum, analyzedTrial) => sum + analyzedTrial.cost, 0);
    const cost_known = trials.every((trial) => trial.cost_known);
    if (trials.length > 0) printLine(`Cost: ${formatCostText(cost, cost_known)}.`);
    const unanswered = trials.filter(({ analysis }) => analysis === undefined).map(({ trial }) => trial);
    if (unanswered.length > 0) {
      printLine(
        `The model gave no usable answer for ${count(unanswered.length, 'pair')}. Repeat the command to ask again.`,
      );
      process.exitCode = 1;
    }
    return buildResult(run, model, { cost, cost_known, unanswered }, labels);
  }

  async #print(run: Run, model: string): Promise<void> {
    const { report, labelSections } = await import('../index.ts');
    const analysedTrials = run.trials.map(({ analyses = [], ...trial }) => ({
      ...trial,
      analyses: analyses.filter((analysis) => analysis.model === model),
    }));
    for (const [index, section] of labelSections(report([{ ...run, trials: analysedTrials }])).entries()) {
      if (index > 0) this.log('');
      await this.buildSection(section);
    }
  }
}

function planText({ failed, not_evaluated: unevaluated, silent, done }: AnalysisPlan, run: string): string {
  const parts = [
    silent > 0 && `${silent} left out, without a message`,
    done > 0 && `${done} analysed already`,
  ].filter((part) => part !== false);
  const countText =
    failed === 0
      ? 'No pair of agents failed: there is nothing to analyse.'
      : `${count(failed, 'failed pair')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}.`;
  if (unevaluated === 0) return countText;
  return `${countText}\n${count(unevaluated, 'pair')} not evaluated: run cooperbench eval -n ${run} first.`;
}

/** Asks the user to agree to the cost. @throws ConfigError `ANALYZE_CONFIRM` when nobody does. */
async function confirm(signal: AbortSignal): Promise<void> {
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY) {
    throw new ConfigError('ANALYZE_CONFIRM', 'The calls cost money, and confirming them needs a terminal.', {
      hint: 'If you agree to the cost, add --yes.',
    });
  }
  const terminal = createInterface({ input, output });
  try {
    const answer = await terminal.question('Continue? [y/N] ', { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } catch (error) {
    output.write('\n');
    throw error;
  } finally {
    terminal.close();
  }
  throw new ConfigError('ANALYZE_CONFIRM', 'You did not agree to the cost, so no model was called.', {
    hint: 'Answer y, or add --yes.',
  });
}

function buildResult(
  { name, trials }: Run,
  model: string,
  endFigures: { readonly cost: number; readonly cost_known: boolean; readonly unanswered: readonly string[] },
  labels: readonly LabelReport[],
): object {
  const analyzed = trials.flatMap(({ id, analyses = [] }) =>
    analyses.filter((analysis) => analysis.model === model).map(({ passes }) => ({ trial: id, passes })),
  );
  return { run: name, model, ...endFigures, labels: labels[0] ?? null, trials: analyzed };
}
