// This file has more than 250 lines, because it is one command, most of it the text of its flags.
import { writeFile } from 'node:fs/promises';
import { Args, Flags, settingFlags } from '@cooperbench/command';
import { count } from '@cooperbench/command/figures';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import type { NeededPairs } from '../report/power-section.ts';
import type { Report as RunReport } from '../report/report.ts';
import type { Section } from '../report/section.ts';
import { ReportCommand } from '../report-command.ts';
import type { Run } from '../trials/read-run.ts';

/** The rows that a terminal shows of a list of pairs or trials, so that the rates stay visible. */
const maxListed = 20;

const formats = ['terminal', 'markdown', 'csv', 'latex', 'html'] as const;

/** What `--json` prints: with `--power`, also what differences need. */
interface ReportOutput extends RunReport {
  readonly power?: { readonly points: number; readonly needed: readonly NeededPairs[] };
}

export default class Report extends ReportCommand {
  static override codePolicy = 'never' as const;
  static override summary = 'Report on runs: rates with intervals, the coordination deficit, use, failures.';
  static override description =
    'Reports on each setting of each run. Compares settings and runs on the pairs that they share: with solo as the baseline, it gives the coordination deficit. Reads the files of runs and writes none.';
  static override examples = [
    '<%= config.bin %> report my-experiment',
    '<%= config.bin %> report my-solo my-coop my-coop-without-messages --format latex',
    '<%= config.bin %> report my-experiment --merge-policy strict',
    '<%= config.bin %> report my-experiment --format html --output report.html',
  ];
  static override args = {
    runs: Args.string({ description: 'Run names; * and ? stand for any characters.', multiple: true }),
  };
  static override flags = {
    ...settingFlags({ logDir: {} }),
    format: Flags.option({ options: formats, default: 'terminal' as const })({
      summary: 'terminal, markdown, csv (a row for each trial), latex or html (one page with plots).',
      helpValue: 'NAME',
      exclusive: ['json'],
    }),
    'merge-policy': Flags.string({
      summary: 'Count the verdicts under this merge policy. By default the first verdict of each trial.',
      helpValue: 'NAME',
    }),
    experiment: Flags.string({
      summary: 'Also the runs of this experiment of the configuration.',
      helpValue: 'NAME',
    }),
    baseline: Flags.string({
      summary: 'Compare every other condition with this label or run.',
      helpValue: 'NAME',
    }),
    label: Flags.string({
      summary: 'Label a run in tables and figures. Repeatable.',
      helpValue: 'RUN=TEXT',
      multiple: true,
    }),
    table: Flags.string({
      summary: 'Write only these tables, with --format latex: main,deficit,differences,effects,per-repo, …',
      helpValue: 'NAMES',
      dependsOn: ['format'],
    }),
    figure: Flags.string({
      summary:
        'Write the rates of all conditions with their intervals as a figure to this .svg or .pdf file.',
      helpValue: 'FILE',
    }),
    cluster: Flags.option({ options: ['task', 'repo'] as const, default: 'task' as const })({
      summary: 'What makes pairs depend on each other: task, or repo for fewer, larger clusters.',
      helpValue: 'NAME',
    }),
    power: Flags.string({
      summary: 'Say how many pairs a difference of so many points needs, from the variance of the runs.',
      helpValue: 'POINTS',
      exclusive: ['format'],
    }),
    output: Flags.string({ summary: 'Write it to this file instead of standard output.', helpValue: 'FILE' }),
  };

  #isWritten = false;

  /** oclif calls this with the result when `--json` is given. */
  override logJson(json: unknown): void {
    if (!this.#isWritten) super.logJson(json);
  }

  async run(): Promise<ReportOutput> {
    const { args, flags } = await this.parse(Report);
    const { csv, html, latex, latexTables, markdown, readRun, report, sections } = await import(
      '../index.ts'
    );
    if (flags.table !== undefined && flags.format !== 'latex')
      throw new ConfigError(
        'REPORT_OPTION',
        `--table chooses tables of LaTeX; the format is ${flags.format}.`,
        {
          hint: 'Add --format latex, or leave --table out.',
        },
      );
    if (flags.output !== undefined && flags.format === 'terminal' && !this.jsonEnabled())
      throw new ConfigError('REPORT_OUTPUT', '--output needs --json, or a --format other than terminal.', {
        hint: 'For example --format html --output report.html.',
      });
    const policy = flags['merge-policy'];
    const runs: Run[] = [];
    for (const name of await this.#names(flags['log-dir'], args.runs ?? [], flags.experiment))
      runs.push(await readRun(flags['log-dir'], name, policy));
    const hasVerdict = runs.some(({ trials }) => trials.some(({ verdict }) => verdict !== 'none'));
    if (policy !== undefined && !hasVerdict) await this.#checkPolicy(policy);
    const labels = this.#buildLabels(flags.label ?? []);
    const runReport = report(runs, { cluster: flags.cluster, labels, baseline: flags.baseline });
    this.#checkLabels(labels, runReport);
    if (flags.baseline !== undefined) this.#checkBaseline(flags.baseline, runReport);
    if (flags.figure !== undefined) await this.#drawFigure(runReport, flags.figure);
    if (flags.power !== undefined) return this.#printPower(runReport, flags.power, flags.output);
    if (this.jsonEnabled()) return this.#printJson(runReport, flags.output);
    if (flags.figure !== undefined && flags.format === 'terminal') return runReport;
    const tables = flags.table?.split(',').map((name) => name.trim());
    const unknownTable = tables?.find((name) => !Object.hasOwn(latexTables, name));
    if (unknownTable !== undefined)
      throw new ConfigError(
        'REPORT_OPTION',
        `--table names ${JSON.stringify(unknownTable)}; no table has this name.`,
        {
          hint: `Tables: ${Object.keys(latexTables).join(', ')}.`,
        },
      );
    const texts = {
      markdown: () => markdown(runReport),
      csv: () => csv(runs),
      latex: () => latex(runReport, tables),
      html: () => html(runReport),
    };
    if (flags.format !== 'terminal') await this.#write(texts[flags.format](), flags.output);
    else {
      if (runs.every(({ trials, problems }) => trials.length + problems.length === 0)) this.log('No trials.');
      for (const [index, section] of sections(runReport).entries()) {
        if (index > 0) this.log('');
        await this.buildSection(shortenSection(section));
      }
    }
    return runReport;
  }

  /** Returns the runs that names, patterns and an experiment stand for, each once. @throws ConfigError `UNKNOWN_RUN`. */
  async #names(
    logDir: string,
    patterns: readonly string[],
    experiment: string | undefined,
  ): Promise<string[]> {
    const { readExperimentRuns, readMatchingRuns } = await import('../trials/find-runs.ts');
    const runNames = [
      ...(await readMatchingRuns(logDir, patterns)),
      ...(experiment === undefined ? [] : await readExperimentRuns(logDir, experiment)),
    ];
    if (runNames.length > 0) return [...new Set(runNames)];
    throw new ConfigError('UNKNOWN_RUN', 'The command names no run.', {
      hint: 'Name runs, or an experiment with --experiment. `cooperbench list runs` lists the runs.',
    });
  }

  #buildLabels(labelTexts: readonly string[]): Record<string, string> {
    return Object.fromEntries(
      labelTexts.map((text) => {
        // No name of a run has an equals sign, and a text may have some.
        const equals = text.indexOf('=');
        if (equals > 0 && equals < text.length - 1) return [text.slice(0, equals), text.slice(equals + 1)];
        throw new ConfigError('REPORT_OPTION', `--label is ${JSON.stringify(text)}; expected RUN=TEXT.`, {
          hint: 'For example --label my-run=coop.',
        });
      }),
    );
  }

  #checkLabels(labels: Record<string, string>, { conditions, runs }: RunReport): void {
    const names = new Set([
      ...runs.map(({ name }) => name),
      ...conditions.map(({ run, setting }) => `${run} ${setting}`),
    ]);
    const unknownLabel = Object.keys(labels).find((name) => !names.has(name));
    if (unknownLabel === undefined) return;
    throw new ConfigError(
      'REPORT_OPTION',
      `--label names ${JSON.stringify(unknownLabel)}; no run of the report is called that.`,
      { hint: `Its runs: ${runs.map(({ name }) => name).join(', ')}.` },
    );
  }

  #checkBaseline(name: string, { conditions }: RunReport): void {
    if (conditions.some(({ label, run }) => label === name || run === name)) return;
    throw new ConfigError('REPORT_OPTION', `No condition of the report is called ${JSON.stringify(name)}.`, {
      hint: `Its conditions: ${conditions.map(({ label }) => label).join(', ')}.`,
    });
  }

  async #drawFigure(runReport: RunReport, path: string): Promise<void> {
    const { drawFigure, buildPdf, getSvg } = await import('../index.ts');
    if (path.endsWith('.pdf')) await this.#write(buildPdf(drawFigure(runReport)), path);
    else if (path.endsWith('.svg')) await this.#write(getSvg(drawFigure(runReport)), path);
    else
      throw new ConfigError(
        'REPORT_OPTION',
        `--figure is ${JSON.stringify(path)}; expected a name that ends in .svg or .pdf.`,
        { hint: 'LaTeX takes .pdf, web pages .svg.' },
      );
  }

  /** To `path`, or, without one, as oclif prints the result. */
  async #printJson(output: ReportOutput, path: string | undefined): Promise<ReportOutput> {
    if (path !== undefined) await this.#write(`${JSON.stringify(output, null, 2)}\n`, path);
    this.#isWritten = path !== undefined;
    return output;
  }

  async #printPower(runReport: RunReport, text: string, path: string | undefined): Promise<ReportOutput> {
    const points = Number(text);
    if (!(points > 0 && points <= 100))
      throw new ConfigError(
        'REPORT_OPTION',
        `--power is ${JSON.stringify(text)}; expected points above 0, at most 100.`,
        {
          hint: 'For example --power 10 for a difference of 10 points.',
        },
      );
    const { listNeededPairs, buildPowerSection } = await import('../report/power-section.ts');
    const output = { ...runReport, power: { points, needed: listNeededPairs(runReport, points / 100) } };
    if (this.jsonEnabled()) return this.#printJson(output, path);
    await this.buildSection(buildPowerSection(runReport, points / 100));
    return output;
  }

  /** Checks a policy without verdicts. One with verdicts may be of a plugin of the project, which is not loaded here.
   * @throws ConfigError `UNKNOWN_MERGE_POLICY` for a misspelt policy. */
  async #checkPolicy(name: string): Promise<void> {
    (await this.registry()).get('mergePolicies', name);
  }

  async #write(text: string | Uint8Array, path: string | undefined): Promise<void> {
    if (path === undefined) {
      process.stdout.write(text);
      return;
    }
    try {
      await writeFile(path, text);
    } catch (error) {
      throw new ConfigError('REPORT_OUTPUT', `${path} cannot be written: ${getMessage(error)}`, {
        hint: 'Check --output.',
        cause: error,
      });
    }
  }
}

function shortenSection(section: Section): Section {
  const { rows } = section.table;
  const moreCount = rows.length - maxListed;
  if (!section.isList || moreCount <= 0) return section;
  const note = `${count(moreCount, 'more row')}: --format markdown, html or latex has all.`;
  return {
    ...section,
    table: { ...section.table, rows: rows.slice(0, maxListed) },
    notes: [note, ...section.notes],
  };
}
