/** The parts of the evaluator `tests`, for evaluators that build on it. */
export { jobsOf } from './jobs.ts';
export { judge } from './judge.ts';
export { countTests } from './parsers/index.ts';
export { createTestsEvaluator } from './tests-evaluator.ts';
