import { onTestFinished } from 'vitest';
import { createScratch } from './cli.test.support.ts';
import { removeImages } from './docker.test.support.ts';
import { needing } from './services.test.support.ts';
import { compiled, expectSameVerdicts, writeSample } from './warm-layers.test.support.ts';

const { test, reason } = needing('docker');
const onDocker = ['--backend', 'docker', '--backend-option', 'docker.baseImage=cooperbench-test/base'];

test(`verdicts on golden patches are the same with and without warm layers on Docker, and stay valid${reason}`, () =>
  expectSameVerdicts(createScratch(), 'oracle', writeSample, onDocker));

for (const [patches, agent] of [
  ['golden patches', 'oracle'],
  // The hidden tests do not compile. What the base built must not run in their place.
  ['empty patches', 'nop'],
] as const)
  test(`so are those on ${patches} of a task whose runner compiles${reason}`, () => {
    const scratch = createScratch();
    onTestFinished(() => removeImages(scratch));
    return expectSameVerdicts(scratch, agent, compiled, [
      ...onDocker,
      ...['--backend-option', 'docker.build=true'],
    ]);
  });
