import { runDefaults } from '@cooperbench/core/defaults';
import { ConfigError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';
import type { FlagInput } from '@oclif/core/interfaces';
import { parseFeatures } from './features.ts';

/** Fractions of a dollar or percent; nothing, or more. @throws ConfigError `NUMBER_FLAG`. */
export const positive = Flags.custom<number, { what?: string }>({
  parse: async (text, _context, { what = 'number' }) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
    throw new ConfigError('NUMBER_FLAG', `"${text}" is not a ${what}, 0 or more.`);
  },
});

/** Which trials a command is about. */
export const filterFlags = {
  subset: Flags.string({
    char: 's',
    summary: 'Subset of the dataset: <dataset>/subsets/<name>.json.',
    env: 'COOPERBENCH_SUBSET',
  }),
  repo: Flags.string({ char: 'r', summary: 'Only tasks of this repository.', env: 'COOPERBENCH_REPO' }),
  task: Flags.integer({ char: 't', summary: 'Only the task with this id.', min: 0, env: 'COOPERBENCH_TASK' }),
  features: Flags.custom<number[]>({ parse: async (text) => parseFeatures(text) })({
    char: 'f',
    summary: 'Only this group of two or more features, for example 1,2.',
    env: 'COOPERBENCH_FEATURES',
  }),
} satisfies FlagInput;

export const placeFlags = {
  'dataset-dir': Flags.string({
    summary: 'Where the tasks are.',
    default: runDefaults.datasetDir,
    env: 'COOPERBENCH_DATASET_DIR',
  }),
  'log-dir': Flags.string({
    summary: 'Where runs are kept.',
    default: runDefaults.logsDir,
    env: 'COOPERBENCH_LOG_DIR',
  }),
} satisfies FlagInput;

export const outcomeFlags = {
  reporter: Flags.string({
    summary: 'How progress is shown: default, json (one event a line) or silent.',
    env: 'COOPERBENCH_REPORTER',
  }),
  'fail-under': positive({
    summary: 'Exit 3 when the pass rate is lower than this percentage.',
    what: 'percentage',
    env: 'COOPERBENCH_FAIL_UNDER',
  }),
  unisolated: Flags.boolean({
    summary:
      "Allow a backend that isolates nothing, such as local without bubblewrap, to run a model's commands.",
    env: 'COOPERBENCH_UNISOLATED',
  }),
} satisfies FlagInput;
