/** The API for backend authors, besides the contracts. */
export * from './async/once-per-key.ts';
export * from './async/until-aborted.ts';
export * from './records/owner.ts';
export * from './sandbox/child-process.ts';
export * from './sandbox/context-hash.ts';
export * from './sandbox/driver.ts';
export * from './sandbox/files-over-exec.ts';
export * from './sandbox/image-progress.ts';
export * from './sandbox/job-stream.ts';
export * from './sandbox/layers.ts';
export * from './sandbox/leftovers.ts';
export { runJob } from './sandbox/run-job.ts';
export { runJobsInSandboxes } from './sandbox/run-jobs.ts';
export * from './sandbox/sandbox-from.ts';
export * from './sandbox/sandboxes.ts';
export * from './sandbox/task-sources.ts';
export { markerVariable } from './sandbox/trampoline.ts';
