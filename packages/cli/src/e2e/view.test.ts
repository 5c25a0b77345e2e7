import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createScratch } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

test('a run that does not exist is refused, with the log directory that flag, variable and configuration name, in this order', async () => {
  const scratch = createScratch();
  mkdirSync(join(scratch.root, 'configured/my-run'), { recursive: true });
  writeFileSync(join(scratch.root, 'cooperbench.config.json'), JSON.stringify({ logDir: 'configured' }));
  const readOutput = (
    directory: string,
    hint = 'It holds no runs. Name another directory with --log-dir.\n',
  ) => ({
    code: 2,
    stdout: '',
    stderr: `Error: There is no run "my-rum" in ${join(scratch.root, directory)}.\n${hint}`,
  });
  const view = (args: string[], env = {}) => cooperbench(scratch, ['view', 'my-rum', ...args], { env });
  expect(await view([])).toMatchObject(readOutput('configured', 'Did you mean "my-run"?\n'));
  expect(await view([], { COOPERBENCH_LOG_DIR: 'variable' })).toMatchObject(readOutput('variable'));
  expect(await view(['--log-dir', 'flag'], { COOPERBENCH_LOG_DIR: 'variable' })).toMatchObject(
    readOutput('flag'),
  );
  expect(await view(['--no-config'])).toMatchObject(readOutput('logs'));
  const { code, stdout } = await view(['--json']);
  expect({ code, error: JSON.parse(stdout).error.code }).toEqual({ code: 2, error: 'UNKNOWN_RUN' });
});

test('a flag that does not exist is refused as in every command', async () => {
  expect(await cooperbench(createScratch(), ['view', '--prot', '1'])).toMatchObject({
    code: 2,
    stderr: 'Error: Nonexistent flag: --prot\nDid you mean --port?\nSee more with --help.\n',
  });
});
