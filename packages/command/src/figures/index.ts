/** Figures as the command line and reports compute and print them: `import { percent } from '@cooperbench/command/figures'`. */
export * from './format.ts';
export * from './metric.ts';
export * from './repetitions.ts';
