import { expect } from 'vitest';
import { cooperbench, createScratch } from './cli.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, reason } = needing('bubblewrap');

test(`with bubblewrap, doctor finds the local backend ready and exits 0${reason}`, async () => {
  const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
  const { code, stdout } = await cooperbench(createScratch(), ['doctor'], { env });
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining("ok       backend  local is ready to run a model's commands\n"),
  });
  expect(stdout).toMatch(/^Problems: 0\. Warnings: \d+\.$/m);
});
