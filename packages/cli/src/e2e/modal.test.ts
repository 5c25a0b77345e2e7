import { expect, test } from 'vitest';
import { createScratch } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

test('config modal says how to get a token when there is none', async () => {
  const { code, stdout, stderr } = await cooperbench(createScratch(), ['config', 'modal']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Error: There are no credentials for Modal');
  expect(stderr).toContain('1. Make an account and a token: https://modal.com/settings/tokens');
});
