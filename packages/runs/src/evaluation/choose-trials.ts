import { ConfigError, type Reference, type Submission, type Task } from '@cooperbench/core';
import { pairId, readSubmission, readTrials, type StoredTrial } from '@cooperbench/records';
import { type Dataset, discover } from '../dataset/discover.ts';
import { getReferencePath, readReference, type StoredReference } from '../dataset/reference.ts';
import { type Filters, select } from '../dataset/select.ts';
import { type EvaluateOptions, runDefaults } from '../options/options.ts';
import { withEvalNetwork } from '../services/evaluation-network.ts';
import type { EventStream } from '../trial/event-stream.ts';

/** A trial on disk and its submission. */
export interface ChosenTrial {
  readonly trial: StoredTrial;
  readonly submission: Submission;
}

/**
 * Returns the stored trials of a run that match the filters, with all repetitions of a pair.
 * @throws ConfigError `UNKNOWN_TASK`, `TASK_BROKEN`, `NOTHING_MATCHES`.
 */
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
  const wantedPairs = filtered ? new Set(select(dataset, filters).map(pairId)) : undefined;
  const chosenTrials: ChosenTrial[] = [];
  const leftOut: string[] = [];
  const references = new References();
  const onBroken = (path: string, reason: string): void => {
    events.notice(
      `${path} is broken (${reason}) and left out. Repeat the run to create it again.`,
      'warning',
    );
  };
  for (const trial of await readTrials(runDir, onBroken)) {
    if (wantedPairs && !wantedPairs.has(pairId({ task: trial, features: trial.features }))) continue;
    const matchingTask = dataset.tasks.find(
      (task) => task.repo === trial.repo && task.taskId === trial.taskId,
    );
    const reason = matchingTask ? undefined : findBrokenTask(dataset, trial);
    if (reason !== undefined) {
      leftOut.push(reason);
      events.leaveOut(trial.id, reason);
      continue;
    }
    if (!matchingTask || trial.features.some((id) => !matchingTask.features.includes(id))) {
      throw new ConfigError(
        'UNKNOWN_TASK',
        `The dataset ${dataset.directory} does not contain the features of ${trial.id}.`,
        { hint: 'Give the dataset of the run with --dataset-dir.' },
      );
    }
    const task = withEvalNetwork(matchingTask, options.evalNetwork);
    chosenTrials.push({
      trial,
      submission: {
        ...(await readSubmission(trial, task)),
        references: await references.get(task, trial.features),
      },
    });
  }
  if (references.notice !== undefined) events.notice(references.notice, 'warning');
  if (chosenTrials.length === 0 && leftOut[0] !== undefined)
    throw new ConfigError('TASK_BROKEN', `No task of the trials can be used: ${leftOut[0]}.`);
  if (chosenTrials.length === 0) {
    throw new ConfigError('NOTHING_MATCHES', `No trial of ${runDir} matches.`, {
      hint: 'Run cooperbench list runs to see all runs.',
    });
  }
  return chosenTrials;
}

/** Finds why the task of a trial cannot be used. Returns undefined if the dataset has nothing in its place. */
function findBrokenTask({ broken }: Dataset, { repo, taskId }: StoredTrial): string | undefined {
  return broken.find((task) => task.repo === repo && [`task${taskId}`, '*'].includes(task.task))?.reason;
}

/** Reads the references of features. Reads each file once. */
class References {
  readonly #read = new Map<string, StoredReference>();

  /** Returns the usable references, by feature. */
  async get(task: Task, features: readonly number[]): Promise<Map<number, Reference>> {
    const references = new Map<number, Reference>();
    for (const feature of features) {
      const path = getReferencePath(task, feature);
      const storedReference = this.#read.get(path) ?? (await readReference(task, feature));
      this.#read.set(path, storedReference);
      if (storedReference.state === 'current') references.set(feature, storedReference.reference);
    }
    return references;
  }

  /** Tells the user which references are not used, and why. Returns undefined if all are used. */
  get notice(): string | undefined {
    const unused = [...this.#read].flatMap(([path, storedReference]) => {
      if (storedReference.state === 'outdated') return [`${path} (the task or its image changed)`];
      return storedReference.state === 'broken' ? [`${path} (it is broken: ${storedReference.reason})`] : [];
    });
    if (unused.length === 0) return undefined;
    const moreText = unused.length > 3 ? ` and ${unused.length - 3} more` : '';
    return `Evaluation ignores these references: ${unused.slice(0, 3).join(', ')}${moreText}. Write them again with cooperbench dataset validate.`;
  }
}
