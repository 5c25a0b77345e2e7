/** Reads runs and reports on them. The command line's `report` and `show` print what this makes. */

export type { PassAtK } from '@cooperbench/command/figures';
export {
  type AnalysisPlan,
  type AnalyzedTrial,
  type AnalyzeOptions,
  type Answer,
  analyze,
  planAnalysis,
  type Question,
} from './analysis/analyze.ts';
export type { GivenLabel, Quote } from './analysis/answer.ts';
export { type Analysis, type AnalysisFile, type Pass, readAnalyses } from './analysis/file.ts';
export { type Label, labelNames, labels, rubricVersion } from './analysis/rubric.ts';
export {
  isLabellable,
  type LabelCount,
  type LabelerAgreement,
  type LabelledTrial,
  type Labelling,
  type LabelReport,
  labelReports,
  listLabelledTrial,
  listLabellings,
  type NotedTrial,
  type PersonReport,
} from './analysis/summary.ts';
export { type AtifSource, type AtifTrajectory, buildAtif } from './export/atif.ts';
export { type AtifExport, exportAtif } from './export/export-atif.ts';
export { csv } from './formats/csv.ts';
export type { Drawing } from './formats/drawing.ts';
export { buildPdf } from './formats/drawing-pdf.ts';
export { getSvg } from './formats/drawing-svg.ts';
export { drawFigure } from './formats/figure.ts';
export { html } from './formats/html.ts';
export { latex, latexTables } from './formats/latex.ts';
export { markdown } from './formats/markdown.ts';
export { addNote, type Note, noLabel, readNotes, type WantedNote } from './notes/note.ts';
export type { Comparison, EstimateReport, McNemar } from './report/compare.ts';
export { listConditions } from './report/comparisons.ts';
export type { Condition } from './report/condition.ts';
export type { ConditionReport, GroupRates } from './report/condition-report.ts';
export { labelSections, labelText, noteLabels } from './report/label-sections.ts';
export type { RateReport } from './report/rate-report.ts';
export { type Report, report } from './report/report.ts';
export type { SeatUsage } from './report/seat-usage.ts';
export type { Section, Table } from './report/section.ts';
export { sections } from './report/sections.ts';
export { readStory, readStoryOfTrial } from './show/read-story.ts';
export { type Story, type StoryMessage, type StoryPatch, type StoryTests, startOf } from './show/story.ts';
export type { Moment } from './show/timeline.ts';
export type { Agreement } from './statistics/kappa.ts';
export {
  type Cause,
  causeOf,
  causes,
  describeOnlyTested,
  findFailingTests,
  findFeatureResults,
  formatCauseText,
} from './trials/cause.ts';
export {
  findAnswers,
  isQuestion,
  isToFinished,
  listMessagesOfEvents,
  type SentMessage,
} from './trials/messages.ts';
export { type FileStat, patchStat } from './trials/patch-stat.ts';
export {
  readDetails,
  readVerdict,
  type SeatDetails,
  type TrialDetails,
  type TrialVerdict,
} from './trials/read-details.ts';
export { getSeconds, readEvents } from './trials/read-events.ts';
export { type Run, readRun } from './trials/read-run.ts';
export { findTextAt, findUnixSeconds, readList } from './trials/read-text.ts';
export {
  communicates,
  groupAnswers,
  listCommands,
  listSteps,
  readTrajectory,
  type TrajectoryEntry,
} from './trials/trajectory.ts';
export { findCost, type Seat, type Talk, type Trial } from './trials/trial.ts';
export { buildTrial } from './trials/trial-figures.ts';
