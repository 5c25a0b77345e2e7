/** The API for programs that run and evaluate trials, such as the command line. */
export { builtins } from './builtins/index.ts';
export { memoryBus } from './builtins/memory-bus.ts';
export { coop, solo } from './builtins/settings.ts';
export { channelFault } from './collaboration/channel-fault.ts';
export type { ConversationEntry } from './collaboration/conversation.ts';
export { gitChannel } from './collaboration/git/git-channel.ts';
export { messagesChannel } from './collaboration/messages/messages-channel.ts';
export { Relay } from './collaboration/relay.ts';
export { maxBytes as maxAnswerBytes } from './collaboration/relay-program.ts';
export * from './container.ts';
export type * from './contracts/events.ts';
export type * from './contracts/summaries.ts';
export * from './dataset/discover.ts';
export { combinations, type Filters, select } from './dataset/select.ts';
export { datasetRecordName } from './dataset/source.ts';
export * from './dataset/subset.ts';
export { layersOf } from './experiment/agent-layers.ts';
export type { BuildImagesOptions, BuiltImage } from './experiment/build-images.ts';
export { channelFaultSchema } from './experiment/channel-names.ts';
export type { CheckedImage, RunCheck } from './experiment/check-run.ts';
export { existingRun } from './experiment/existing-run.ts';
export type * from './experiment/experiment-host.ts';
export { Experiments } from './experiment/experiments.ts';
export { impliedVerdict } from './experiment/implied-verdict.ts';
export { lockExperiment } from './experiment/log-dir.ts';
export { checkName } from './experiment/name.ts';
export { type EvaluateOptions, optionRanges, type RunOptions, runDefaults } from './experiment/options.ts';
export { type PlannedTrial, planRun, type RunPlan } from './experiment/plan.ts';
export { lostSeats } from './experiment/read-submission.ts';
export { finishedTrials } from './experiment/resume.ts';
export type { RunOutcome } from './experiment/run.ts';
export { modelOfSeat, namedSeats, type SeatChoice } from './experiment/seat-choices.ts';
export { seatFault } from './experiment/seat-fault.ts';
export { costOfTrial, discardedCosts, spentByRun } from './experiment/spending.ts';
export { isSummaryCurrent, summarise } from './experiment/summarise.ts';
export type { ValidateDatasetOptions, ValidatedFeature } from './experiment/validate-dataset.ts';
export { type TrialVoids, trialVoids } from './experiment/voids.ts';
export { callPlugin } from './plugins/call-plugin.ts';
export { coreVersion } from './plugins/core-version.ts';
export { endSandboxes, forgetBackend, rememberBackend } from './plugins/open-backends.ts';
export {
  apiVersions,
  type Kind,
  type LeftOutPlugin,
  type OtherPlugins,
  type PackageOf,
  Registry,
} from './plugins/registry.ts';
export { resolveNameConflicts } from './plugins/resolve-name-conflicts.ts';
export { defaultTimeLimits, type TimeLimits } from './plugins/time-limits.ts';
export { writeJson } from './records/atomic.ts';
export { evaluatingTrials } from './records/evaluating.ts';
export * from './records/evaluation-file.ts';
export { fromSnakeKeys, type SnakeKeys, toSnakeKeys } from './records/evaluation-keys.ts';
export { type LedgerContent, readLedger } from './records/ledger.ts';
export { isInUse, lockRun } from './records/lock.ts';
export { makeFolder } from './records/make-folder.ts';
export { looksSecret, maskSecrets } from './records/mask-secrets.ts';
export { judgedOf } from './records/original.ts';
export { isOfFile, readWholeFile } from './records/read-file.ts';
export { type JsonFile, keepAside, readJson, readRecord } from './records/read-json.ts';
export { readText } from './records/read-text.ts';
export {
  readTrial,
  readTrials,
  type StoredTrial,
  sortById,
  type TrialFolder,
  trialFolders,
} from './records/read-trials.ts';
export * from './records/result-file.ts';
export type * from './records/run-files.ts';
export { checkRunFolder } from './records/run-folder.ts';
export { notARun, runNames } from './records/run-names.ts';
export { type SeatFiles, seatFiles } from './records/seat-files.ts';
export { configShape, summaryShape } from './records/shapes.ts';
export { type ValidationError, validationErrors } from './records/validate.ts';
export { isOutdated, policyOf, verdictUnder } from './records/verdict-under.ts';
export { maxPhases, phaseFault } from './trial/phase-fault.ts';
