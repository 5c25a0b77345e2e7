/** For programs that read and write the files of runs. */
export { syncFolder, writeJson, writeNew } from './files/atomic.ts';
export { markEvaluating, readEvaluatingTrials } from './files/evaluating.ts';
export { isInUse, lockRun, refuseInUse, takeLock } from './files/lock.ts';
export { makeFolder } from './files/make-folder.ts';
export { type JsonFile, keepAside, readJson, readRecord } from './files/read-json.ts';
export { readText } from './files/read-text.ts';
export * from './formats/conversation.ts';
export * from './formats/evaluation-file.ts';
export { fromSnakeKeys, type SnakeKeys, toSnakeKeys } from './formats/evaluation-keys.ts';
export type * from './formats/events.ts';
export { configShape, summaryShape } from './formats/file-schemas.ts';
export * from './formats/layout.ts';
export * from './formats/ledger.ts';
export { PatchCounter, type PatchFacts, patchFacts } from './formats/patch-facts.ts';
export { getJudged } from './formats/python-format.ts';
export * from './formats/result-file.ts';
export type * from './formats/run-files.ts';
export { restoreStrippedPatch } from './formats/stripped-patch.ts';
export type * from './formats/summaries.ts';
export * from './summaries/costs.ts';
export {
  buildEmptyEvaluation,
  isSummaryCurrent,
  summarise,
} from './summaries/summarise.ts';
export { buildTrialVoids, type TrialVoids } from './summaries/voids.ts';
export { existingRun } from './trials/existing-run.ts';
export { impliedVerdict } from './trials/implied-verdict.ts';
export { readResult } from './trials/read-result.ts';
export { findLostSeats, readSubmission } from './trials/read-submission.ts';
export {
  findTrialFolders,
  readTrial,
  readTrials,
  type StoredTrial,
  sortById,
  type TrialFolder,
} from './trials/read-trials.ts';
export { listRecordedMetrics, type RecordedMetric } from './trials/recorded-metrics.ts';
export { checkRunFolder } from './trials/run-folder.ts';
export { checkName, notARun, runNames } from './trials/run-names.ts';
export { readStoredSeats, type StoredSeat } from './trials/stored-seats.ts';
export { buildTrialRecords } from './trials/trial-records.ts';
export {
  findPolicy,
  findVerdictUnder,
  isForeignVerdict,
  isOutdated,
  listStoredVerdicts,
} from './trials/verdict-under.ts';
