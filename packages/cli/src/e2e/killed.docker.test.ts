import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { cooperbench, createScratch, type Ending, type Scratch, start } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { madeBy, onDocker, removeImages } from './docker.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, reason } = needing('docker');

/** Events at which the command is killed, one repetition after the other: creating, running, collecting, evaluating. */
const moments = ['trial_started', 'step', 'patch', 'evaluation_started'] as const;

function experiment(scratch: Scratch): string[] {
  const turns = (id: number): object[] => [{ run: doFeature(id) }, { run: 'sleep 0.5' }];
  const scripts = [1, 2].map((id) => ({ match: { features: [id] }, turns: turns(id) }));
  const dataset = shellDataset(join(scratch.root, 'dataset'), {
    ownImages: 'shared',
    tasks: [1, 2],
    beforeCheck: 'sleep 0.3',
  });
  return [
    ...['run', '-n', 'x', '-m', scriptedModel(scratch.root, scripts), ...onDocker],
    ...['--network', 'open', '--dataset-dir', dataset, '--log-dir', scratch.logs],
    ...['-c', '2', '--git', '--reporter', 'json'],
  ];
}

test(`a run on Docker that is killed again and again completes, and clean leaves nothing of it${reason}`, async () => {
  const scratch = createScratch();
  onTestFinished(() => removeImages(scratch));
  const args = experiment(scratch);
  /** Removes what is left; of it, what a process made. The daemon may still be at what that process asked for last. */
  const leftAfterClean = async (pid: number): Promise<string[]> => {
    cleanings.push(await cooperbench(scratch, ['clean', '--backend', 'docker']));
    return madeBy(pid);
  };
  const cleanings: Ending[] = [];
  const left: string[] = [];
  for (const moment of moments) {
    const running = start(scratch, args);
    await running.line((line) => line.includes(`"type":"${moment}"`));
    running.child.kill('SIGKILL');
    expect(await running.ended).toMatchObject({ signal: 'SIGKILL' });
    left.push(...madeBy(running.child.pid));
    await expect.poll(() => leftAfterClean(running.child.pid)).toEqual([]);
  }
  expect(cleanings.filter(({ code }) => code !== 0)).toEqual([]);
  // Otherwise there was nothing to clean.
  expect(left.length).toBeGreaterThan(moments.length);
  const { code, stderr } = await cooperbench(scratch, args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({
    total_tasks: 2,
    completed: 2,
    failed: 0,
    pass_rate: 1,
  });
});
