import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { cooperbench, createScratch, slowness, start } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { docker, madeBy, onDocker, removeImages } from './docker.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, reason } = needing('docker');

/** Long enough for the test to see it in all containers. */
const beforeCheck = `sleep ${Math.ceil(6 * slowness)}`;

/** Tries again when a process is just starting, which control groups of version 1 cannot freeze. */
async function pause(sandbox: string): Promise<void> {
  for (;;) {
    try {
      docker('pause', sandbox);
      return;
    } catch (error) {
      if (!String(error).includes('unable to freeze')) throw error;
      await delay(100);
    }
  }
}

test.for(['SIGINT', 'nothing else'] as const)(
  `an evaluation whose containers are paused, and then %s, ends and leaves nothing${reason}`,
  async (then) => {
    const scratch = createScratch();
    onTestFinished(() => removeImages(scratch));
    const dataset = shellDataset(join(scratch.root, 'dataset'), {
      ownImages: 'shared',
      beforeCheck,
    });
    const scripts = [1, 2].map((id) => ({ match: { features: [id] }, turns: [{ run: doFeature(id) }] }));
    const common = ['--dataset-dir', dataset, '--log-dir', scratch.logs, ...onDocker];
    const run = ['run', '-n', 'x', '-m', scriptedModel(scratch.root, scripts), '--no-auto-eval', ...common];
    expect(await cooperbench(scratch, run)).toMatchObject({ code: 0, stderr: '' });

    const { child, ended } = start(scratch, ['eval', '-n', 'x', '--eval-network', 'open', ...common]);
    const names = (): string[] => madeBy(child.pid).map((line) => line.split(' ')[0] as string);
    const sandboxes = (): string[] => names().filter((name) => !name.includes('-network-'));
    // A process that Docker is just starting when its container is paused keeps Docker from answering any call about it.
    const isTested = (name: string): boolean => docker('top', name).includes(beforeCheck);
    await expect.poll(() => sandboxes().filter(isTested).length).toBe(3);
    for (const name of sandboxes()) await pause(name);
    if (then === 'SIGINT') child.kill(then);
    const { code, stdout } = await ended;
    // A sandbox that is lost is no verdict: its tests run again.
    if (then === 'SIGINT') expect(code).toBe(130);
    else expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('f1_f2 passed') });
    expect(madeBy(child.pid)).toEqual([]);
  },
);
