import { join } from 'node:path';
import type { EvaluationContext, Submission } from '../contracts/evaluator.ts';
import type { EvaluationSummary } from '../contracts/summaries.ts';
import { verdictsOf } from '../evaluation/verdicts.ts';
import { writeJson } from '../records/atomic.ts';
import type { EventStream } from '../records/event-stream.ts';
import { readRecord } from '../records/read-json.ts';
import type { ConfigFile } from '../records/run-files.ts';
import { configShape } from '../records/shapes.ts';
import { jobRunner } from '../sandbox/run-jobs.ts';
import { type ChosenTrial, chooseTrials } from './choose-trials.ts';
import { existingRun } from './existing-run.ts';
import { openEvents } from './experiment-events.ts';
import type { ExperimentHost } from './experiment-host.ts';
import { sorted } from './identity.ts';
import { openRunFolder, writing } from './log-dir.ts';
import { type EvaluateOptions, runDefaults } from './options.ts';
import { removeTemporaries } from './resume.ts';
import { Services } from './services.ts';
import { emptyEvaluation, summarise } from './summarise.ts';
import { emitVerdict, inputsHash, keepsVerdict, verdictFile } from './verdict-file.ts';
import { versionsOf } from './versions.ts';

/**
 * Evaluates a run's trials from their files. Keeps verdicts that come from the same inputs unless `force` is set. Resolves
 * with the summary of every verdict on disk. @throws ConfigError when the options do not allow an evaluation.
 */
export async function evaluateRun(
  host: ExperimentHost,
  options: EvaluateOptions,
): Promise<EvaluationSummary> {
  const runDir = await existingRun(options.logsDir ?? runDefaults.logsDir, options.runName);
  await using _lock = await openRunFolder(runDir);
  const events = openEvents(host, options);
  await using services = new Services(host.registry, options, events);
  return evaluateTrials(host, runDir, options, services, events);
}

/** Like `evaluateRun`, for a caller that holds the run's lock and disposes the services. */
export async function evaluateTrials(
  { registry }: ExperimentHost,
  runDir: string,
  options: EvaluateOptions,
  services: Services,
  events: EventStream,
): Promise<EvaluationSummary> {
  const { evaluator, policy, record, title } = await services.evaluator(options);
  const configPath = join(runDir, 'config.json');
  const config = await readRecord<ConfigFile>(configPath, configShape);
  const recorded = config.state === 'read' ? config.value.backend : undefined;
  const backendName = registry.nameOr('backends', options.backend ?? recorded ?? options.defaultBackend);
  if (config.state === 'broken' || config.state === 'unusable')
    events.notice(
      `${configPath} is broken (${config.reason}), so the backend of the run is not known. The evaluation uses ${backendName}.`,
      'warning',
    );
  const chosen = await chooseTrials(runDir, options, events);
  await removeTemporaries(runDir);
  for (const { trial } of chosen) await removeTemporaries(trial.directory);
  const versions = versionsOf(registry, [
    ['backends', backendName],
    ['evaluators', record.name],
    ['mergePolicies', policy.name],
  ]);
  // The hash leaves out core's version: it covers the evaluation program itself, so verdicts stay valid across releases.
  const { '@cooperbench/core': _, ...others } = registry.versionsOf([['evaluators', record.name]]);
  const how = [sorted(record), others, policy];
  const { hashes, pending, kept } = await findPending(chosen, how, options.force ?? false, events);
  events.emit({
    type: 'evaluation_started',
    run: options.runName,
    trials: pending.length,
    skipped: kept.size,
    backend: backendName,
    evaluator: record.name,
    policy: policy.name,
  });
  if (pending.length > 0) {
    const untrusted = pending.some((submission) => submission.untrusted);
    const backend = await services.backend(backendName, untrusted);
    const context: EvaluationContext = {
      runJobs: jobRunner(backend, registry.title('backends', backendName), {
        concurrency: options.concurrency ?? runDefaults.evalConcurrency,
        signal: options.signal,
        onNotice: events.notice,
      }),
      policy,
      runName: options.runName,
      signal: options.signal,
    };
    const directories = new Map(chosen.map(({ trial }) => [trial.id, trial.directory]));
    for await (const verdict of verdictsOf(title, evaluator, pending, context)) {
      options.signal?.throwIfAborted();
      const hash = hashes.get(verdict.submission.id) ?? '';
      const file = verdictFile(verdict, {
        evaluated_at: events.now().toISOString(),
        inputs_hash: hash,
        evaluator: record,
        backend: backendName,
        versions,
      });
      const path = join(directories.get(verdict.submission.id) ?? runDir, 'eval.json');
      await writing(runDir, () => writeJson(path, file));
      emitVerdict(verdict, file, events);
    }
  }
  options.signal?.throwIfAborted();
  const at = events.now();
  const { evaluation } = await summarise(options.runName, runDir, { verdicts: kept, at });
  const summary = evaluation ?? emptyEvaluation(options.runName, at);
  await writing(runDir, () => writeJson(join(runDir, 'eval_summary.json'), summary));
  events.emit({ type: 'evaluation_finished', run: options.runName, summary });
  return summary;
}

/** Hashes the inputs of each submission. Divides the trials into those to evaluate and those that keep their verdict. */
async function findPending(
  chosen: readonly ChosenTrial[],
  how: readonly unknown[],
  force: boolean,
  events: EventStream,
): Promise<{ hashes: Map<string, string>; pending: Submission[]; kept: Set<string> }> {
  const hashes = new Map<string, string>();
  const pending: Submission[] = [];
  const kept = new Set<string>();
  for (const { trial, submission } of chosen) {
    const hash = await inputsHash(submission, how);
    hashes.set(trial.id, hash);
    if ((await keepsVerdict(trial, hash, events)) && !force) kept.add(trial.id);
    else pending.push(submission);
  }
  return { hashes, pending, kept };
}
