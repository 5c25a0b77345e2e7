import { describe } from 'vitest';
import { allPairs, testGoldenTable } from './golden.test.support.ts';

describe('the golden patches of the sample dataset on the local backend', () => {
  testGoldenTable(
    { pairs: allPairs, alone: allPairs },
    ['--backend', 'local', '--backend-option', 'local.isolation=none'],
    {
      backend: 'local',
    },
  );
});
