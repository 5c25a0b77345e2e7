import { Args, BaseCommand, Flags, printable, settingFlags } from '@cooperbench/command';
import {
  count,
  formatDuration,
  formatMetricHead,
  formatMetricText,
  formatMoney,
} from '@cooperbench/command/figures';
import { ConfigError } from '@cooperbench/core/errors';
import type { Story } from '../show/story.ts';
import type { Run } from '../trials/read-run.ts';

/** Maximum files of a patch, and failing tests of a run of tests, that are listed. */
const maxFiles = 12;
const maxTests = 5;

export default class Show extends BaseCommand {
  static override codePolicy = 'never' as const;
  static override summary = 'Show the trials of a run, or one trial: what happened, and why it failed.';
  static override description =
    'Without TRIAL, a table of all trials, failures first. With TRIAL, a time line, the patches, the merge, the first failing test, and why the trial failed, from its files alone. With --note or --label, first adds a note to the trial.';
  static override examples = [
    '<%= config.bin %> show my-experiment',
    '<%= config.bin %> show my-experiment coop/recur_task/8/f2_f3',
    '<%= config.bin %> show my-experiment recur_task/8/f2_f3 --conversation',
    '<%= config.bin %> show my-experiment recur_task/8/f2_f3 --note "Both edit the parser." --label commitment --by ann',
  ];
  static override args = {
    run: Args.string({ description: 'Run name.', required: true }),
    trial: Args.string({ description: 'Id of a trial, or its end: [SETTING/]REPO/TASK/FEATURES.' }),
  };
  static override flags = {
    ...settingFlags({ logDir: {} }),
    conversation: Flags.boolean({ summary: 'Show all messages of the trial in full.' }),
    diff: Flags.boolean({ summary: 'Show the patches and the merged diff.' }),
    tests: Flags.boolean({ summary: 'Show the output of the hidden tests, failing ones first.' }),
    note: Flags.string({ summary: 'Add this note to the trial.', helpValue: 'TEXT' }),
    label: Flags.string({
      summary: 'Label of the failure, the main one first: expectation, commitment, communication or none.',
      helpValue: 'LABEL',
      multiple: true,
      multipleNonGreedy: true,
    }),
    by: Flags.string({
      summary: 'Who says so. By default the user of this machine.',
      helpValue: 'NAME',
    }),
  };

  async run(): Promise<Run | Story> {
    const { args, flags } = await this.parse(Show);
    const { readRun, readStory } = await import('../index.ts');
    const note = { text: flags.note, labels: flags.label, by: flags.by };
    const isNoting = Object.values(note).some((value) => value !== undefined);
    if (args.trial === undefined) {
      if (isNoting)
        throw new ConfigError('NOTE', 'A note needs a trial.', { hint: 'Name the trial after the run.' });
      const { findDiscardedLine, formatFaultLines, tally, buildTrialTable } = await import(
        '../show/trial-table.ts'
      );
      const run = await readRun(flags['log-dir'], args.run);
      if (run.trials.length === 0) this.log('No trials.');
      else await this.table(...buildTrialTable(run.trials, findTerminalColumns()));
      if (run.trials.length > 1) this.log(`\n${tally(run.trials)}`);
      for (const line of formatFaultLines(run)) await this.say(line);
      const discardedText = findDiscardedLine(run);
      if (discardedText !== undefined) this.log(discardedText);
      this.#warn(run);
      return run;
    }
    const story = await readStory(flags['log-dir'], args.run, args.trial, isNoting ? note : undefined);
    if (flags.label !== undefined && !(await import('../index.ts')).isLabellable(story.trial))
      this.logToStderr('Warning: the label does not count: no merged patches failed here.');
    if (flags.conversation) await this.#conversation(story);
    if (flags.diff) this.#diffs(story);
    if (flags.tests) this.#tests(story);
    if (!flags.conversation && !flags.diff && !flags.tests) await this.#overview(story);
    this.#warn(story);
    return story;
  }

  #warn({ problems }: Pick<Run, 'problems'>): void {
    for (const problem of problems) this.logToStderr(`Warning: ${printable(problem)}`);
  }

  async #overview(story: Story): Promise<void> {
    const { trial, timeline, patches, labelled } = story;
    const verdict = trial.verdict === 'none' ? 'not evaluated' : trial.verdict;
    await this.say(`${trial.id}: ${verdict}`);
    const { formatCauseText, labelText } = await import('../index.ts');
    const { hasRoom } = await import('../show/trial-table.ts');
    if (trial.cause) await this.say(`  ${formatOneLine(formatCauseText(trial.cause))}`);
    if (trial.network !== undefined)
      await this.say(
        `  network: agents ${trial.network}${trial.eval_network ? `, tests ${trial.eval_network}` : ''}`,
      );
    for (const labelledTrial of labelled) {
      await this.say(
        `  ${formatOneLine(labelledTrial.model)} labels it: ${formatOneLine(labelText(labelledTrial))}`,
      );
      for (const { from, text } of labelledTrial.quotes) await this.say(`    ${from}: ${shorten(text)}`);
    }
    for (const note of trial.notes ?? []) {
      const { noteLabels } = await import('../index.ts');
      const heading = note.labels
        ? `${formatOneLine(note.by)} labels it ${noteLabels(note)}`
        : formatOneLine(note.by);
      await this.say(`  ${[heading, formatOneLine(note.text)].filter(Boolean).join(': ')}`);
    }
    if (trial.metrics.length > 0) this.log('\nMetrics');
    await this.table(
      trial.metrics.map((metric) => [
        formatOneLine(formatMetricHead(metric)),
        shorten(formatMetricText(metric.value)),
      ]),
      { right: [1], indent: '  ' },
    );
    const seats = trial.seats.filter(({ agent }) => agent !== '');
    if (seats.length > 0) this.log('\nSeats');
    const isRoomy = hasRoom(findTerminalColumns());
    await this.table(
      seats.map((seat) => buildSeatRow(seat, isRoomy)),
      { right: [4, 5], indent: '  ' },
    );
    const { phases = [] } = trial;
    if (phases.length > 0) this.log('\nPhases');
    const took = phases.map(({ name, steps, cost, seconds }, index) => [
      ...[
        String(index + 1),
        formatOneLine(name),
        count(steps, 'step'),
        formatMoney(cost),
        formatDuration(seconds),
      ],
    ]);
    await this.table(took, { right: [0, 3, 4], indent: '  ' });
    if (timeline.length > 0) this.log('\nTime line');
    const moments = timeline.map(({ seconds, seat, text }) => [formatDuration(seconds), seat, shorten(text)]);
    await this.table(moments, { right: [0], indent: '  ' });
    this.log('\nPatches');
    await this.table(patches.flatMap(patchRows), { right: [3, 4], indent: '  ' });
    if (trial.merge) {
      const { mergeText } = await import('../show/trial-table.ts');
      const { policy } = trial.merge;
      await this.say(`\nMerge: ${mergeText(trial.merge)}${policy ? ` (policy ${policy})` : ''}`);
      if (story.only_tested !== '') await this.say(`  ${story.only_tested}`);
      for (const path of trial.conflicts) await this.say(`  conflict in ${formatOneLine(path)}`);
    }
    if (story.tests.some(({ failing }) => failing.length > 0)) this.log('\nFailing tests');
    for (const { name, failing } of story.tests)
      for (const test of failing.slice(0, maxTests)) {
        const [place] = test.places;
        await this.say(`  ${name}: ${formatOneLine(test.name) || 'before any test'}`);
        await this.say(`    ${formatOneLine(test.message)}${place === undefined ? '' : ` at ${place}`}`);
      }
  }

  async #conversation({ conversation }: Story): Promise<void> {
    if (conversation.length === 0) this.log('No messages.');
    for (const { from, to, text, seconds, accepted, read, dropped, question, answered } of conversation) {
      const fate = [
        !accepted && 'refused',
        accepted && read === false && (dropped ? `lost on the way to ${dropped.join(', ')}` : 'not read'),
        question && !answered && 'not answered',
      ].filter((word) => word !== false);
      const bracket = fate.length > 0 ? ` (${fate.join(', ')})` : '';
      await this.say(`${formatDuration(seconds)}  ${from} → ${to}${bracket}\n${indent(text)}\n`);
    }
  }

  #diffs({ patches, merged_diff: merged }: Story): void {
    for (const { seat, patch } of patches)
      this.#say(`${seat}\n${indent(patch === null ? '(the file is missing)' : patch || '(empty)')}\n`);
    if (merged !== '') this.#say(`merged\n${indent(merged)}`);
  }

  #tests({ tests }: Story): void {
    if (tests.length === 0) this.log('No tests ran.');
    for (const { name, passed, tests_passed, tests_failed, output } of tests) {
      const counts = `${tests_passed ?? '?'} passed, ${tests_failed ?? '?'} failed`;
      this.#say(`${name}: ${passed ? 'passed' : 'failed'} (${counts})\n${indent(output)}\n`);
    }
  }

  /** Prints text that agents and tests may have written. */
  #say(text: string): void {
    this.log(printable(text));
  }
}

/** Returns undefined if the output does not go to a terminal. */
function findTerminalColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}

/** Without room, a model has no provider. */
function buildSeatRow(
  { seat, agent, model, status, steps, cost }: Story['trial']['seats'][number],
  isRoomy: boolean,
): string[] {
  const name = isRoomy ? model : model.slice(model.lastIndexOf('/') + 1);
  return [seat, agent, name, status, steps === null ? '' : count(steps, 'step'), formatMoney(cost)];
}

function patchRows({ seat, features, patch, files, applied }: Story['patches'][number]): string[][] {
  const featureText = `feature${features.length > 1 ? 's' : ''} ${features.join(', ')}`;
  const state = applied === null || applied === 'applied' ? '' : applied;
  if (files.length === 0)
    return [[seat, featureText, patch === null ? '(missing)' : '(empty)', '', '', state]];
  const rows = files
    .slice(0, maxFiles)
    .map(({ path, added, removed }, index) => [
      ...(index === 0 ? [seat, featureText] : ['', '']),
      ...[path, `+${added}`, `-${removed}`, index === 0 ? state : ''],
    ]);
  const moreCount = files.length - maxFiles;
  return moreCount > 0 ? [...rows, ['', '', `and ${moreCount} more`, '', '', '']] : rows;
}

function formatOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function shorten(text: string): string {
  const line = formatOneLine(text);
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
