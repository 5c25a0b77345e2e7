import { ConfigError } from '../contracts/errors.ts';
import type { Submission } from '../contracts/evaluator.ts';
import { discover } from '../dataset/discover.ts';
import type { Filters } from '../dataset/select.ts';
import { select } from '../dataset/select.ts';
import { readSubmission } from '../evaluation/read-submission.ts';
import type { EventStream } from '../records/event-stream.ts';
import { pairId } from '../records/layout.ts';
import { readTrials, type StoredTrial } from '../records/read-trials.ts';
import { type EvaluateOptions, runDefaults } from './options.ts';

/** A trial on disk and its submission. */
export interface ChosenTrial {
  readonly trial: StoredTrial;
  readonly submission: Submission;
}

/** The trials of a run that match the filters. @throws ConfigError `UNKNOWN_TASK`, `NOTHING_MATCHES`. */
export async function chooseTrials(
  runDir: string,
  options: EvaluateOptions,
  events: EventStream,
): Promise<ChosenTrial[]> {
  const dataset = discover(options.datasetDir ?? runDefaults.datasetDir, {
    imagePattern: options.imagePattern,
  });
  const filters: Filters = {
    subset: options.subset,
    repo: options.repo,
    taskId: options.taskId,
    features: options.features,
  };
  const filtered = Object.values(filters).some((value) => value !== undefined);
  const wanted = filtered ? new Set(select(dataset, filters).map(pairId)) : undefined;
  const chosen: ChosenTrial[] = [];
  const onBroken = (path: string, reason: string): void => {
    events.notice(
      `${path} is broken (${reason}) and left out. Repeat the run to create it again.`,
      'warning',
    );
  };
  for (const trial of await readTrials(runDir, onBroken)) {
    if (wanted && !wanted.has(trial.id.slice(trial.id.indexOf('/') + 1))) continue;
    const task = dataset.tasks.find((task) => task.repo === trial.repo && task.taskId === trial.taskId);
    if (!task || trial.features.some((id) => !task.features.includes(id))) {
      throw new ConfigError(
        'UNKNOWN_TASK',
        `The dataset ${dataset.directory} does not contain the features of ${trial.id}.`,
        { hint: 'Give the dataset of the run with --dataset-dir.' },
      );
    }
    chosen.push({ trial, submission: await readSubmission(trial, task) });
  }
  if (chosen.length === 0) {
    throw new ConfigError('NOTHING_MATCHES', `No trial of ${runDir} matches.`, {
      hint: 'Run cooperbench list runs to see all runs.',
    });
  }
  return chosen;
}
