/** The statistics of reports: pure functions. docs/reference/statistics.md has the formulas and their sources. */
export * from './bootstrap.ts';
export * from './clusters.ts';
export * from './holm.ts';
export * from './kappa.ts';
export * from './paired.ts';
export * from './power.ts';
export * from './rate.ts';
export * from './sign-flip.ts';
export { computeStudentQuantile } from './student.ts';
