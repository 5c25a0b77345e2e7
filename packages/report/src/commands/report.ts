import { writeFile } from 'node:fs/promises';
import { ConfigError, messageOf } from '@cooperbench/core/errors';
import { Args, Flags, settingFlags } from 'cooperbench/command';
import { count } from 'cooperbench/figures';
import type { Report as RunReport } from '../report/report.ts';
import type { Section } from '../report/section.ts';
import { ReportCommand } from '../report-command.ts';
import type { Run } from '../trials/read-run.ts';

/** The rows that a terminal shows of a list of pairs or trials, so that the rates stay visible. */
const maxListed = 20;

const formats = ['terminal', 'markdown', 'csv', 'latex', 'html'] as const;

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
    runs: Args.string({ description: 'Experiment names.', multiple: true, required: true }),
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
    output: Flags.string({ summary: 'Write it to this file instead of standard output.', helpValue: 'FILE' }),
  };

  #isWritten = false;

  /** oclif calls this with the result when `--json` is given. */
  override logJson(json: unknown): void {
    if (!this.#isWritten) super.logJson(json);
  }

  async run(): Promise<RunReport> {
    const { args, flags } = await this.parse(Report);
    const { csv, html, latex, markdown, readRun, report, sections } = await import('../index.ts');
    const policy = flags['merge-policy'];
    const runs: Run[] = [];
    for (const name of new Set(args.runs)) runs.push(await readRun(flags['log-dir'], name, policy));
    const hasVerdict = runs.some(({ trials }) => trials.some(({ verdict }) => verdict !== 'none'));
    if (policy !== undefined && !hasVerdict) await this.#checkPolicy(policy);
    const made = report(runs);
    if (this.jsonEnabled()) {
      if (flags.output !== undefined) await this.#write(`${JSON.stringify(made, null, 2)}\n`, flags.output);
      this.#isWritten = flags.output !== undefined;
      return made;
    }
    const texts = {
      markdown: () => markdown(made),
      csv: () => csv(runs),
      latex: () => latex(made),
      html: () => html(made),
    };
    if (flags.format !== 'terminal') await this.#write(texts[flags.format](), flags.output);
    else if (flags.output !== undefined) {
      throw new ConfigError('REPORT_OUTPUT', '--output needs --json, or a --format other than terminal.', {
        hint: 'For example --format html --output report.html.',
      });
    } else {
      if (runs.every(({ trials, problems }) => trials.length + problems.length === 0)) this.log('No trials.');
      for (const [index, section] of sections(made).entries()) {
        if (index > 0) this.log('');
        await this.section(shortened(section));
      }
    }
    return made;
  }

  /** Checks a policy without verdicts. One with verdicts may be of a plugin of the project, which is not loaded here.
   * @throws ConfigError `UNKNOWN_MERGE_POLICY` for a misspelt policy. */
  async #checkPolicy(name: string): Promise<void> {
    const { tokens } = await import('@cooperbench/core/host');
    (await this.container()).get(tokens.registry).get('mergePolicies', name);
  }

  async #write(text: string, path: string | undefined): Promise<void> {
    if (path === undefined) {
      process.stdout.write(text);
      return;
    }
    try {
      await writeFile(path, text);
    } catch (error) {
      throw new ConfigError('REPORT_OUTPUT', `${path} cannot be written: ${messageOf(error)}`, {
        hint: 'Check --output.',
        cause: error,
      });
    }
  }
}

function shortened(section: Section): Section {
  const { rows } = section.table;
  const more = rows.length - maxListed;
  if (!section.isList || more <= 0) return section;
  const note = `${count(more, 'more row')}: --format markdown, html or latex has all.`;
  return {
    ...section,
    table: { ...section.table, rows: rows.slice(0, maxListed) },
    notes: [note, ...section.notes],
  };
}
