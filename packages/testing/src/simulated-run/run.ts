import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigFile, summarise, writeJson } from '@cooperbench/records';
import { publicDataset } from '../public-dataset.ts';
import type { SimulatedTrial } from './seats.ts';
import { buildFiles, getIdOf } from './trial.ts';

export interface SimulatedRun {
  readonly settings?: readonly ('coop' | 'solo')[];
  readonly repetitions?: number;
  readonly model?: string;
  /** Characters that each command of an agent prints. */
  readonly outputSize?: number;
  /** The number of pairs. Defaults to all 652. */
  readonly pairs?: number;
}

const startedAt = Date.parse('2026-11-01T00:00:00Z') / 1000;

/**
 * Writes the files that a run of all pairs of the public dataset leaves: failures of every kind, messages, git, costs. Nobody
 * ran it. The same options write the same files, but for when it was summarised. Resolves with the number of trials.
 */
export async function writeSimulatedRun(
  logs: string,
  run: string,
  {
    settings = ['coop', 'solo'],
    repetitions = 1,
    model = 'gemini/gemini-3-flash',
    outputSize = 200,
    pairs,
  }: SimulatedRun = {},
): Promise<number> {
  const chosenPairs = publicDataset.tasks
    .flatMap(({ repo, task_id: taskId, features }) =>
      features.flatMap((feature, place) =>
        features
          .slice(place + 1)
          .map((otherFeature) => ({ repo, taskId, features: [feature, otherFeature] as const })),
      ),
    )
    .slice(0, pairs);
  const trials = settings.flatMap((setting) =>
    chosenPairs.flatMap((pair) =>
      Array.from(
        { length: repetitions },
        (_, index): Omit<SimulatedTrial, 'start'> => ({
          ...{ run, setting, ...pair, repetition: index + 1, model, outputSize },
        }),
      ),
    ),
  );
  for (const [place, trial] of trials.entries()) {
    const placedTrial = { ...trial, start: startedAt + 20 * place };
    const folder = join(logs, run, getIdOf(placedTrial));
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(buildFiles(placedTrial)))
      writeFileSync(join(folder, name), text);
  }
  await writeJson(join(logs, run, 'config.json'), buildConfig(run, settings, model));
  const { run: summary, evaluation } = await summarise(run, join(logs, run), {
    results: new Set(),
    verdicts: new Set(),
  });
  await writeJson(join(logs, run, 'summary.json'), summary);
  await writeJson(join(logs, run, 'eval_summary.json'), evaluation);
  return trials.length;
}

function buildConfig(run: string, settings: readonly string[], model: string): ConfigFile {
  const identity = { agent: 'mini_swe_agent', model };
  return {
    schema_version: 1,
    run_name: run,
    created_at: new Date(startedAt * 1000).toISOString(),
    settings: Object.fromEntries(settings.map((setting) => [setting, { hash: '', identity }])),
    merge_policy: 'union',
    ...{ backend: 'docker', concurrency: 20, dataset: { directory: 'dataset', revision: '' }, versions: {} },
    options: { settings: {}, channels: {}, backends: {}, buses: {}, agents: {} },
  };
}
