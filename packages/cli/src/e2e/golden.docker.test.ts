import { expect } from 'vitest';
import { allPairs, pairOfEachClass, testGoldenTable } from './golden.test.support.ts';
import { needing } from './services.test.support.ts';

const { describe, reason } = needing('docker');

describe(`the golden patches of the sample dataset on Docker, without network${reason}`, () => {
  const options = ['docker.baseImage=cooperbench-test/base'];
  testGoldenTable(
    { pairs: allPairs, alone: pairOfEachClass },
    ['--backend', 'docker', ...options.flatMap((option) => ['--backend-option', option])],
    {
      backend: 'docker',
      origin: { from: 'image', reference: expect.stringMatching(/^sha256:/) },
    },
  );
});
