import { join, resolve } from 'node:path';
import type { Container } from '../container.ts';
import { tokens } from '../container.ts';
import type { EvaluationContext, Submission, Verdict } from '../contracts/evaluator.ts';
import { discover } from '../dataset/discover.ts';
import type { Filters } from '../dataset/select.ts';
import { select } from '../dataset/select.ts';
import { pairId } from '../dataset/task.ts';
import { ConfigError } from '../errors.ts';
import { writeJson } from '../files/atomic.ts';
import type { EvaluationFile, EvaluationSummary } from '../files/evaluation-file.ts';
import { statusOf } from '../files/evaluation-file.ts';
import { readJson } from '../files/read-json.ts';
import type { ConfigFile } from '../files/run-files.ts';
import { suggest } from '../plugins/nearest.ts';
import { RunEvents } from './events.ts';
import { sorted } from './identity.ts';
import { inputsHash } from './inputs-hash.ts';
import { callJury, type Jury } from './jury.ts';
import { lockRun } from './lock.ts';
import { checkName } from './name.ts';
import { openBackend } from './open-backend.ts';
import { type EvaluateOptions, runDefaults } from './options.ts';
import { readSubmission } from './read-submission.ts';
import { readTrials, type StoredTrial } from './read-trials.ts';
import { removeTemporaries } from './resume.ts';
import { runNames } from './run-names.ts';
import { summarise } from './summarise.ts';
import { verdictsOf } from './verdicts.ts';
import { versionsOf } from './versions.ts';

/**
 * Judges a run's trials from their files. Trials whose verdict was made from the same inputs keep it, unless `force`.
 * Resolves with the summary of every verdict on disk. @throws ConfigError when nothing can be evaluated as asked.
 */
export async function evaluateRun(
  container: Container,
  options: EvaluateOptions,
): Promise<EvaluationSummary> {
  const runDir = join(resolve(options.logsDir ?? runDefaults.logsDir), checkName(options.runName));
  const known = await runNames(options.logsDir ?? runDefaults.logsDir);
  if (!known.includes(options.runName)) {
    throw new ConfigError(
      'UNKNOWN_RUN',
      `There is no run "${options.runName}" in ${resolve(options.logsDir ?? runDefaults.logsDir)}.`,
      { hint: suggest(options.runName, known), about: options.runName },
    );
  }
  await using _lock = await lockRun(runDir);
  return evaluateTrials(container, runDir, options, new RunEvents([options.onEvent]));
}

/** As evaluateRun, for a caller that holds the run's lock, and may have called the jury before the run began. */
export async function evaluateTrials(
  container: Container,
  runDir: string,
  options: EvaluateOptions,
  events: RunEvents,
  called?: Jury,
): Promise<EvaluationSummary> {
  const registry = container.get(tokens.registry);
  const { evaluator, policy, judge, title } = called ?? (await callJury(registry, options));
  const config = await readJson<ConfigFile>(join(runDir, 'config.json'));
  const recorded = config.state === 'read' ? config.value.backend : undefined;
  const backendName = options.backend ?? recorded ?? options.defaultBackend ?? runDefaults.backend;
  const chosen = await chooseTrials(runDir, options, events);
  await removeTemporaries(runDir);
  for (const { trial } of chosen) await removeTemporaries(trial.directory);
  const versions = versionsOf(registry, [
    ['backends', backendName],
    ['evaluators', judge.name],
    ['mergePolicies', policy.name],
  ]);
  // Core's own evaluator is known by its program: its verdicts outlive a release of core.
  const { '@cooperbench/core': _, ...others } = registry.versionsOf([['evaluators', judge.name]]);
  const how = [sorted(judge), others, policy];
  const hashes = new Map<string, string>();
  const pending: Submission[] = [];
  const kept = new Set<string>();
  for (const { trial, submission } of chosen) {
    const hash = await inputsHash(submission, how);
    hashes.set(trial.id, hash);
    if (!options.force && (await keepsVerdict(trial, hash))) kept.add(trial.id);
    else pending.push(submission);
  }
  events.emit({
    type: 'evaluation_started',
    run: options.runName,
    trials: pending.length,
    skipped: kept.size,
    backend: backendName,
    evaluator: judge.name,
    policy: policy.name,
  });
  if (pending.length > 0) {
    await using backend = await openBackend(
      registry,
      backendName,
      options,
      pending.some((submission) => submission.untrusted),
      events,
    );
    const context: EvaluationContext = {
      backend,
      policy,
      concurrency: options.concurrency ?? runDefaults.evalConcurrency,
      runName: options.runName,
      signal: options.signal,
    };
    const directories = new Map(chosen.map(({ trial }) => [trial.id, trial.directory]));
    for await (const verdict of verdictsOf(title, evaluator, pending, context)) {
      options.signal?.throwIfAborted();
      const hash = hashes.get(verdict.submission.id) ?? '';
      const file = fileOf(verdict, { inputs_hash: hash, evaluator: judge, backend: backendName, versions });
      await writeJson(join(directories.get(verdict.submission.id) ?? runDir, 'eval.json'), file);
      announce(verdict, file, events);
    }
  }
  options.signal?.throwIfAborted();
  const { evaluation } = await summarise(options.runName, runDir, { results: new Set(), verdicts: kept });
  const summary = evaluation ?? nothing(options.runName);
  await writeJson(join(runDir, 'eval_summary.json'), summary);
  events.emit({ type: 'evaluation_finished', run: options.runName, summary });
  return summary;
}

async function chooseTrials(
  runDir: string,
  options: EvaluateOptions,
  events: RunEvents,
): Promise<{ trial: StoredTrial; submission: Submission }[]> {
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
  const chosen: { trial: StoredTrial; submission: Submission }[] = [];
  const onBroken = (path: string, reason: string): void =>
    events.notice(`${path} is broken (${reason}) and left out; repeat the run to make it again.`, 'warning');
  for (const trial of await readTrials(runDir, onBroken)) {
    if (wanted && !wanted.has(trial.id.slice(trial.id.indexOf('/') + 1))) continue;
    const task = dataset.tasks.find((task) => task.repo === trial.repo && task.taskId === trial.taskId);
    if (!task || trial.features.some((id) => !task.features.includes(id))) {
      throw new ConfigError(
        'UNKNOWN_TASK',
        `The dataset ${dataset.directory} does not hold what ${trial.id} was made on.`,
        { hint: 'Name the dataset it was made on with --dataset-dir.' },
      );
    }
    chosen.push({ trial, submission: await readSubmission(trial, task) });
  }
  if (chosen.length === 0) {
    throw new ConfigError('NOTHING_MATCHES', `No trial of ${runDir} matches.`, {
      hint: 'See what there is: cooperbench list runs.',
    });
  }
  return chosen;
}

/** Made from the same inputs and not an error; one without our hash comes from another tool and is kept. */
async function keepsVerdict(trial: StoredTrial, hash: string): Promise<boolean> {
  const file = await readJson<EvaluationFile>(join(trial.directory, 'eval.json'));
  if (file.state !== 'read' || file.value.error) return false;
  return file.value.inputs_hash === undefined || file.value.inputs_hash === hash;
}

function fileOf(
  { submission, evaluation }: Verdict,
  made: Pick<EvaluationFile, 'inputs_hash' | 'evaluator' | 'backend' | 'versions'>,
): EvaluationFile {
  const [first, second] = submission.features.map((id) => evaluation.features_results[id]);
  return {
    schema_version: 1,
    repo: submission.task.repo,
    task_id: submission.task.taskId,
    features: submission.features,
    setting: submission.setting,
    ...evaluation,
    feature1: first ?? null,
    feature2: second ?? null,
    evaluated_at: new Date().toISOString(),
    ...made,
  };
}

function announce({ submission, evaluation }: Verdict, file: EvaluationFile, events: RunEvents): void {
  events.emit({
    type: 'verdict',
    trial: submission.id,
    status: statusOf(file),
    both_passed: evaluation.both_passed,
    overall_success: evaluation.overall_success,
    merge: evaluation.merge?.status ?? null,
    strategy: evaluation.merge?.strategy ?? null,
    error: evaluation.error,
    unrecognised: Object.values(evaluation.features_results).some((feature) => feature.unrecognised === true),
  });
}

function nothing(runName: string): EvaluationSummary {
  const counts = {
    total_runs: 0,
    passed: 0,
    failed: 0,
    errors: 0,
    skipped: 0,
    pass_rate: null,
    overall_passed: 0,
    overall_rate: null,
    merged_cleanly: 0,
    individual_rate: null,
  };
  return {
    run_name: runName,
    evaluated_at: new Date().toISOString(),
    ...counts,
    by_setting: {},
    results: [],
  };
}
