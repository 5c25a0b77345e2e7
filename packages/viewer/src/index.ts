/** Shows runs in a browser. The command `view` is made of this. */
export { Documents, type DocumentsOptions, type Made } from './data/documents.ts';
export * from './data/model.ts';
export { type Exported, type ExportOptions, type ExportProgress, exportRuns } from './export/export-runs.ts';
export { progressLine } from './export/progress-line.ts';
export { serve, type Viewer } from './server/serve.ts';
