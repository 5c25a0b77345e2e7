/** What authors of backends need besides the contracts. */
export * from './records/owner.ts';
export * from './sandbox/child-process.ts';
export * from './sandbox/files-over-exec.ts';
export * from './sandbox/job-stream.ts';
export * from './sandbox/leftovers.ts';
export { runJob } from './sandbox/run-job.ts';
export { runJobsInSandboxes } from './sandbox/run-jobs.ts';
export * from './sandbox/task-sources.ts';
