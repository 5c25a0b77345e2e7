import { BaseCommand, printable, safeText, settingFlags } from '@cooperbench/command';
import { formatMoney, formatPercent } from '@cooperbench/command/figures';
import type { Kind } from '@cooperbench/core/host';
import * as Args from '@oclif/core/args';

/** What plugins provide, as users type it. */
const provided: Readonly<Record<string, Kind>> = {
  agents: 'agents',
  backends: 'backends',
  settings: 'settings',
  channels: 'channels',
  buses: 'buses',
  evaluators: 'evaluators',
  'merge-policies': 'mergePolicies',
  networks: 'networks',
  reporters: 'reporters',
};
const kinds = [...Object.keys(provided), 'tasks', 'subsets', 'runs'];
type Row = Readonly<Record<string, string | number | null>>;

const titles: Readonly<Record<string, string>> = {
  name: 'Name',
  plugin: 'Plugin',
  repo: 'Repository',
  task_id: 'Task',
  features: 'Features',
  pairs: 'Pairs',
  description: 'Description',
  setting: 'Setting',
  trials: 'Trials',
  individual: 'Individual',
  passed: 'Passed',
  overall: 'Overall',
  cost: 'Cost',
  age: 'Age',
};

const numbers = ['Pairs', 'Trials', 'Individual', 'Passed', 'Overall', 'Cost', 'Age'];

/** Formats a value for its column. Rates are fractions of 1, ages are seconds, and a null cost is unknown. */
function formatCellText(key: string, value: string | number | null): string {
  if (key === 'individual' || key === 'passed' || key === 'overall')
    return formatPercent(value as number | null);
  if (key === 'cost') return formatMoney(value as number | null);
  return key === 'age' ? (value === null ? '' : formatAge(value as number)) : String(value ?? '');
}

/** Formats an age as one word, which a narrow terminal does not wrap: `42s`, `3m`, `5h`, `12d`. */
function formatAge(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

export default class List extends BaseCommand {
  static override codePolicy = 'if-trusted' as const;
  static override summary = 'List agents, backends, tasks, subsets, runs and other things that you can name.';
  static override examples = kinds.map((kind) => `<%= config.bin %> list ${kind}`);
  static override args = {
    what: Args.string({ description: 'What to list.', options: kinds, required: true }),
  };
  static override flags = settingFlags('list');

  async run(): Promise<readonly Row[]> {
    const { args, flags } = await this.parse(List);
    const rows = await this.#findRows(args.what, flags['dataset-dir'], flags['log-dir']);
    await this.#print(rows);
    return rows;
  }

  /** Prints a table on a terminal. Elsewhere prints lines that scripts can split at tabs. */
  async #print(rows: readonly Row[]): Promise<void> {
    const texts = rows.map((row) => Object.entries(row).map(([key, value]) => formatCellText(key, value)));
    if (!process.stdout.isTTY) {
      for (const cells of texts) this.log(cells.map((cell) => safeText(cell)).join('\t'));
      return;
    }
    const head = Object.keys(rows[0] ?? {}).map((key) => titles[key] ?? key);
    await this.table(texts, {
      head,
      right: head.flatMap((title, index) => (numbers.includes(title) ? [index] : [])),
    });
  }

  async #findRows(listedKind: string, datasetDir: string, logsDir: string): Promise<readonly Row[]> {
    const runs = await import('@cooperbench/runs');
    const kind = provided[listedKind];
    if (kind !== undefined) return (await this.registry()).list(kind);
    if (listedKind === 'runs') {
      const { runRows } = await import('../list/run-rows.ts');
      return runRows(logsDir, (problem) => this.logToStderr(`Warning: ${printable(problem)}`));
    }
    const dataset = runs.discover(datasetDir);
    for (const { repo, task, reason } of dataset.broken)
      this.logToStderr(`Warning: ${repo}/${task} is left out: ${reason}`);
    if (listedKind === 'tasks') {
      return dataset.tasks.map(({ repo, taskId, features }) => ({
        repo,
        task_id: taskId,
        features: features.join(','),
        pairs: runs.listCombinations(features, 2).length,
      }));
    }
    return runs.listSubsetNames(dataset.directory).map((name) => {
      const pairs = runs.select(dataset, { subset: name });
      return {
        name,
        pairs: pairs.length,
        description: runs.readSubset(dataset.directory, name).description ?? '',
      };
    });
  }
}
