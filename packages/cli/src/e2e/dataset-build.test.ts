import { describe, expect, test } from 'vitest';
import { createScratch, sampleDataset } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

describe('dataset build refuses, with exit code 2,', () => {
  test.for([
    [
      'a backend without images',
      '--backend local',
      'The backend "local" has no images to build.\nChoose a backend that builds images.',
    ],
    [
      'what does not exist',
      '-r recur_tsk',
      'The dataset has no repository "recur_tsk".\nDid you mean "recur_task"?',
    ],
    [
      'filters that match nothing',
      '-s smoke -r recur_task -t 9',
      'recur_task has no task 9.\nDid you mean 8? Known: 8.',
    ],
  ])('%s', async ([, words = '', output]) => {
    const scratch = createScratch();
    const args = ['dataset', 'build', '--dataset-dir', sampleDataset, ...words.split(' ')];
    expect(await cooperbench(scratch, args)).toMatchObject({ code: 2, stderr: `Error: ${output}\n` });
  });
});
