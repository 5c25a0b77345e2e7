import { join } from 'node:path';
import type { EvaluationContext } from '@cooperbench/core';
import { jobRunner, resolvePolicy } from '@cooperbench/core/host';
import {
  buildEmptyEvaluation,
  buildTrialRecords,
  type ConfigFile,
  configShape,
  type EvaluationSummary,
  existingRun,
  markEvaluating,
  readRecord,
  summarise,
  writeJson,
} from '@cooperbench/records';
import { checkOptionValues } from '../options/check-option-values.ts';
import { type EvaluateOptions, runDefaults } from '../options/options.ts';
import {
  buildRecordedEvaluator,
  chooseEvalNetwork,
  formatRecordedMergePolicy,
  listRegistries,
} from '../run-folder/config-file.ts';
import { openRunFolder, runWrites } from '../run-folder/log-dir.ts';
import { removeTemporaries } from '../run-folder/resume.ts';
import { buildEvaluationBackend, buildEvaluationRequest } from '../services/evaluation-network.ts';
import { openRunEvents } from '../services/run-events.ts';
import type { RunHost } from '../services/run-host.ts';
import { Services } from '../services/services.ts';
import { buildVersions } from '../services/versions.ts';
import type { EventStream } from '../trial/event-stream.ts';
import { chooseTrials } from './choose-trials.ts';
import { createEvaluationKeeper } from './evaluation-keeper.ts';
import { EvaluationModels } from './evaluation-models.ts';
import { findPending, readOrKeepAside } from './find-pending.ts';
import { computePolicyHash } from './inputs-hash.ts';
import { runEvaluator } from './run-evaluator.ts';
import { buildFileWithVerdict, emitVerdict } from './verdict-file.ts';

/**
 * Evaluates a run's trials from their files. Keeps verdicts that come from the same inputs unless `force` is set. Resolves
 * with the summary of every verdict on disk. @throws ConfigError when the options do not allow an evaluation.
 */
export async function evaluateRun(host: RunHost, options: EvaluateOptions): Promise<EvaluationSummary> {
  checkOptionValues(options);
  const runDir = await existingRun(options.logsDir ?? runDefaults.logsDir, options.runName);
  await using _lock = await openRunFolder(runDir);
  const events = openRunEvents(host, options);
  await using services = new Services(host, options, events);
  // Without `await`, the lock and the services would go before the work is done.
  return await evaluateTrials(host, runDir, options, services, events);
}

/** Like `evaluateRun`, for a caller that holds the run's lock and disposes the services. */
export async function evaluateTrials(
  { registry }: RunHost,
  runDir: string,
  options: EvaluateOptions,
  services: Services,
  events: EventStream,
): Promise<EvaluationSummary> {
  const configPath = join(runDir, 'config.json');
  const config = await readRecord<ConfigFile>(configPath, configShape);
  const configFile: Partial<ConfigFile> = config.state === 'read' ? config.value : {};
  const backendName = registry.nameOrDefault(
    'backends',
    options.backend ?? configFile.backend ?? options.defaultBackend,
  );
  const mergePolicy = formatRecordedMergePolicy(options, configFile);
  if (config.state === 'broken' || config.state === 'unusable')
    events.notice(
      `${configPath} is broken (${config.reason}), so the backend, the evaluator and the merge policy of the run are not known. The evaluation uses ${backendName}, ${buildRecordedEvaluator(options, configFile).evaluator} and ${mergePolicy}.`,
      'warning',
    );
  const { evaluator, policy, record, fingerprint, title } = await services.evaluator({
    ...buildRecordedEvaluator(options, configFile),
    mergePolicy,
  });
  const registries = listRegistries(options, configFile);
  const evalNetwork = chooseEvalNetwork(options, configFile);
  const chosenTrials = await chooseTrials(runDir, { ...options, evalNetwork }, events);
  await removeTemporaries(runDir);
  for (const { trial } of chosenTrials) await removeTemporaries(trial.directory);
  const usedPlugins = [
    ['backends', backendName],
    ['evaluators', record.name],
    ['mergePolicies', policy.name],
  ] as const;
  const policies = await services.mergePolicies();
  const judging = {
    policy,
    isPolicyChosen: options.mergePolicy !== undefined,
    policies,
    evaluator: fingerprint,
    registries,
    force: options.force ?? false,
  };
  const { pending, kept } = await findPending(chosenTrials, judging, events);
  events.emit({
    type: 'evaluation_started',
    run: options.runName,
    trials: pending.length,
    skipped: kept.size,
    backend: backendName,
    evaluator: record.name,
    policy: chosenTrials.every(({ submission }) => submission.judged === 'single') ? null : policy.name,
  });
  if (pending.length > 0) {
    const untrusted = pending.some(({ submission }) => submission.untrusted);
    const backendTitle = services.title('backends', backendName);
    const tasks = pending.map(({ submission }) => submission.task);
    const networks = tasks.map(({ network = 'open' }) => network);
    const connect = await services.connectRegistries(networks, registries);
    const made = await services.backend(backendName, buildEvaluationRequest(tasks, untrusted));
    const backend = buildEvaluationBackend(made, backendTitle, tasks, connect, events);
    const jobOptions = {
      concurrency: options.concurrency ?? runDefaults.evalConcurrency,
      signal: options.signal,
      onNotice: events.notice,
    };
    await using models = new EvaluationModels(runDir, options, record.name, events);
    const trialsById = new Map(
      chosenTrials.map(({ trial, submission }) => [submission.id, { trial, submission }]),
    );
    const context: EvaluationContext = {
      runJobs: jobRunner(backend, backendTitle, jobOptions),
      ...createEvaluationKeeper(made, backend.create, options.warm, jobOptions),
      policy,
      records: ({ id }) => {
        const trial = trialsById.get(id);
        if (!trial) throw new TypeError(`there is no trial ${id} in this evaluation.`);
        return buildTrialRecords(trial.trial, trial.submission.task);
      },
      useModel: (model) => models.open(model),
      runName: options.runName,
      signal: options.signal,
    };
    await using _mark = await markEvaluating(
      runDir,
      pending.map(({ submission }) => submission.id),
    );
    const byId = new Map(pending.map((pendingTrial) => [pendingTrial.submission.id, pendingTrial]));
    const submissions = pending.map(({ submission }) => submission);
    for await (const verdict of runEvaluator(title, evaluator, submissions, context, services.closing)) {
      options.signal?.throwIfAborted();
      const { directory = runDir, hash = '' } = byId.get(verdict.submission.id) ?? {};
      const network = verdict.submission.task.network ?? 'open';
      const origin = {
        evaluated_at: events.now().toISOString(),
        inputs_hash: hash,
        merge_policy_hash: verdict.submission.judged === 'single' ? null : computePolicyHash(policy),
        evaluator: record,
        backend: backendName,
        network: await resolvePolicy(made, network, options),
        versions: buildVersions(registry, usedPlugins, [network]),
        ...(evaluator.metrics && { metric_definitions: evaluator.metrics }),
      };
      const earlierFile = await readOrKeepAside(directory, events);
      const file = buildFileWithVerdict(earlierFile, verdict, origin, policy.name, policies);
      await runWrites(runDir, () => writeJson(join(directory, 'eval.json'), file));
      emitVerdict(verdict, events);
    }
  }
  options.signal?.throwIfAborted();
  const endTime = events.now();
  const { evaluation, spentOnEvaluation } = await summarise(options.runName, runDir, {
    ...{ verdicts: kept, at: endTime, mergePolicy, isPolicyChosen: judging.isPolicyChosen },
  });
  const summary =
    evaluation ?? buildEmptyEvaluation(options.runName, mergePolicy, endTime, spentOnEvaluation);
  await runWrites(runDir, () => writeJson(join(runDir, 'eval_summary.json'), summary));
  events.emit({ type: 'evaluation_finished', run: options.runName, summary });
  return summary;
}
