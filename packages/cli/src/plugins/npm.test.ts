import { expect, test } from 'vitest';
import { failureOf } from './npm.ts';

test('a plugin whose peer no release satisfies was made for another core', () => {
  expect(failureOf('slurm', 'No matching version found for @cooperbench/core@^97.0.0')).toEqual({
    message:
      'npm could not install slurm: it was made for another core, @cooperbench/core@^97.0.0, and no such version is published.',
    hint: 'Install another version of the plugin.',
  });
});

test('any other reason is what npm says', () => {
  expect(failureOf('slurm@9', 'No matching version found for slurm@9').message).toBe(
    'npm could not install slurm@9: No matching version found for slurm@9.',
  );
});
