import { join } from 'node:path';
import {
  type ConfigFile,
  checkRunFolder,
  configShape,
  isInUse,
  isSummaryCurrent,
  type RunSummary,
  readRecord,
  runNames,
  summarise,
  summaryShape,
} from '@cooperbench/records';
import { findFileStats } from './file-stats.ts';
import type { RunRow, RunSetting, RunsDocument } from './model.ts';
import { filesOfRun } from './state.ts';
import { runFolder } from './trials.ts';

/**
 * Reads the runs of a log directory, newest first; `names` limits them. Reads the trials only of runs whose summary does not
 * count them by setting.
 */
export async function readRunsDocument(
  logsDir: string,
  version: string,
  open: string | null,
  names?: readonly string[],
): Promise<RunsDocument> {
  const allNames = await runNames(logsDir);
  const wantedNames = names === undefined ? allNames : allNames.filter((name) => names.includes(name));
  const runs = await Promise.all(wantedNames.map((name) => runRow(logsDir, name)));
  runs.sort((left, right) => (right.created_at ?? '').localeCompare(left.created_at ?? ''));
  return { schema_version: 1, version, open, runs };
}

async function runRow(logsDir: string, name: string): Promise<RunRow> {
  try {
    const directory = await runFolder(logsDir, name);
    for (const file of filesOfRun) findFileStats(join(directory, file));
    const config = await readRecord<Partial<ConfigFile>>(join(directory, 'config.json'), configShape);
    const summary = await readRecord<Partial<RunSummary>>(join(directory, 'summary.json'), summaryShape);
    const running = await isInUse(directory);
    const counts = summary.state === 'read' ? summary.value : {};
    const problems = [config, summary].flatMap((file, index) =>
      file.state === 'broken' || file.state === 'unusable'
        ? [`${join(directory, index === 0 ? 'config.json' : 'summary.json')}: ${file.reason}`]
        : [],
    );
    const isUsable = counts.by_setting !== undefined && (await isSummaryCurrent(directory));
    return {
      name,
      created_at: config.state === 'read' ? findTextOrNull(config.value.created_at) : null,
      running,
      settings: listSettings(
        config.state === 'read' ? config.value : {},
        isUsable ? counts : await countTrials(directory, name, problems),
      ),
      problem: null,
      problems,
    };
  } catch (error) {
    return {
      name,
      created_at: null,
      running: false,
      settings: [],
      problem: (error as Error).message,
      problems: [],
    };
  }
}

/** The summary of the Python original counts no settings, and a command that was killed wrote none. Their trials say it. */
async function countTrials(directory: string, name: string, problems: string[]): Promise<RunSummary> {
  await checkRunFolder(directory);
  return (await summarise(name, directory, { onBroken: (problem) => problems.push(problem) })).run;
}

function listSettings(config: Partial<ConfigFile>, summary: Partial<RunSummary>): RunSetting[] {
  const verdicts = summary.eval?.by_setting ?? {};
  return Object.entries(summary.by_setting ?? {}).map(([setting, counts]) => {
    const { identity, seats = {} } = config.settings?.[setting] ?? {};
    const ranSeats = Object.values(seats);
    const verdict = verdicts[setting];
    return {
      setting,
      agent: joinNames(ranSeats.map(({ agent }) => agent)) ?? findTextOrNull(identity?.agent),
      // A known seat without a model uses none.
      model:
        ranSeats.length > 0 ? joinNames(ranSeats.map(({ model }) => model)) : findTextOrNull(identity?.model),
      trials: counts.total_tasks,
      passed: verdict?.passed ?? null,
      failed: verdict?.failed ?? null,
      errors: verdict?.errors ?? null,
      pass_rate: verdict?.pass_rate ?? null,
      cost: counts.cost_known === false ? null : (counts.total_cost ?? null),
    };
  });
}

/** Joins names, each once. Returns null if there are none. */
function joinNames(names: readonly (string | null)[]): string | null {
  return [...new Set(names.flatMap((name) => name ?? []))].join(' + ') || null;
}

function findTextOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
