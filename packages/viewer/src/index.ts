/** Shows runs in a browser. The command `view` is made of this. */
export { Documents, type DocumentsOptions, type MadeDocument } from './data/documents.ts';
export * from './data/model.ts';
export {
  type ExportOptions,
  type ExportProgress,
  type ExportResult,
  exportRuns,
} from './export/export-runs.ts';
export { createProgressLine } from './export/progress-line.ts';
export { serve, type Viewer } from './server/serve.ts';
