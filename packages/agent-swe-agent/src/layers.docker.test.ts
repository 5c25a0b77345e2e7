import { mustRun } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { dockerTask, installed } from './docker.test.support.ts';
import { createMiniLayer, miniPython } from './layers.ts';
import { miniVersion } from './options.ts';

const task = dockerTask('mini-swe-agent');

// The tests of the project `frameworks` run after these and find the layer in Docker's cache.
test('the layer installs the real mini-SWE-agent from the package index', async () => {
  await using sandbox = await task.sandbox(createMiniLayer(installed));
  const version = 'from importlib.metadata import version; print(version("mini-swe-agent"))';
  const stdout = await mustRun(sandbox, [miniPython, '-I', '-c', version]);
  expect(String(stdout)).toBe(`${miniVersion}\n`);
});
