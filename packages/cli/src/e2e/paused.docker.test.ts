import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { cooperbench, scratch, start } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { docker, madeBy, onDocker, removeImages } from './docker.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, reason } = needing('docker');

/** Pauses the containers of a process, except those that hold a network. Resolves with how many. */
async function pauseContainersOf(pid: number): Promise<number> {
  const names = madeBy(pid).map((line) => line.split(' ')[0] as string);
  const sandboxes = names.filter((name) => !name.includes('-network-'));
  for (const name of sandboxes)
    for (;;) {
      try {
        docker('pause', name);
        break;
      } catch (error) {
        if (!String(error).includes('unable to freeze')) throw error;
        await delay(100);
      }
    }
  return sandboxes.length;
}

test.for(['SIGINT', undefined] as const)(
  `an evaluation whose containers are paused ends and leaves nothing (%s)${reason}`,
  async (signal) => {
    const place = scratch();
    onTestFinished(() => removeImages(place));
    const dataset = shellDataset(join(place.root, 'dataset'), {
      ownImages: 'shared',
      beforeCheck: 'sleep 600',
    });
    const scripts = [1, 2].map((id) => ({ match: { features: [id] }, turns: [{ run: doFeature(id) }] }));
    const common = ['--dataset-dir', dataset, '--log-dir', place.logs, ...onDocker];
    const ran = await cooperbench(place, [
      ...['run', '-n', 'x', '-m', scriptedModel(place.root, scripts), ...common],
      '--no-auto-eval',
    ]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });

    const evaluating = start(place, ['eval', '-n', 'x', '--eval-network', 'open', ...common]);
    await expect.poll(() => madeBy(evaluating.child.pid).length).toBeGreaterThan(1);
    await delay(3000);
    const begun = performance.now();
    console.log('paused', await pauseContainersOf(evaluating.child.pid));
    if (signal) evaluating.child.kill(signal);
    const { code, stdout, stderr } = await evaluating.ended;
    console.log(signal, code, stdout.slice(-500), stderr, performance.now() - begun);
    expect(madeBy(evaluating.child.pid)).toEqual([]);
  },
);
