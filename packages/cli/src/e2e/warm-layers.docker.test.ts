import { needing } from './services.test.support.ts';
import { expectSameVerdicts, writeSample } from './warm-layers.test.support.ts';

const { test, reason } = needing('docker');

test(`verdicts on golden patches are the same with and without warm layers on Docker, and stay valid${reason}`, () =>
  expectSameVerdicts('oracle', writeSample, [
    ...['--backend', 'docker', '--backend-option', 'docker.baseImage=cooperbench-test/base'],
  ]));
