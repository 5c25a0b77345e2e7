import { mustRun } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { dockerTask } from './docker.test.support.ts';
import { testedVersion } from './options.ts';

const task = dockerTask();

// The tests of the project `frameworks` run after these and find the layer in Docker's cache.
test('the layer installs the real agent-server from the package index', async () => {
  await using sandbox = await task.sandbox();
  const version = 'from importlib.metadata import version; print(version("openhands-agent-server"))';
  const stdout = await mustRun(sandbox, ['/opt/openhands/venv/bin/python', '-I', '-c', version]);
  expect(String(stdout)).toBe(`${testedVersion}\n`);
});
