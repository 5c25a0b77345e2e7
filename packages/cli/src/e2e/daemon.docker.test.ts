import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { cooperbench, createScratch, type Scratch, slowness, start } from './cli.test.support.ts';
import { doFeature, imageOf, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { docker, removeImages } from './docker.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, describe, reason } = needing('dockerd');

/** A daemon of this file's, with a small disk, so that it may be restarted and its disk filled. */
class OwnDaemon {
  readonly host: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.host = `unix://${folder}/docker.sock`;
    mkdirSync(this.#at('data'), { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'tmpfs', this.#at('data')]);
  }

  async start(): Promise<void> {
    const places = { 'data-root': 'data', 'exec-root': 'exec', pidfile: 'pid' };
    const argv = Object.entries(places).map(([option, name]) => `--${option}=${this.#at(name)}`);
    const options = ['--bridge=none', '--iptables=false', '-H', this.host, '--log-level=fatal'];
    // Away from the machine's network, whose docker0 it would remove, and from its mounts.
    this.#process = spawn('unshare', ['--net', '--mount', 'dockerd', ...argv, ...options], {
      stdio: 'ignore',
    });
    for (let attempt = 0; attempt < 300 * slowness; attempt += 1) {
      if (spawnSync('docker', ['-H', this.host, 'version'], { stdio: 'ignore' }).status === 0) return;
      await delay(100);
    }
    throw new Error('the second daemon does not answer');
  }

  async stop(): Promise<void> {
    const exit = once(this.#process as ChildProcess, 'exit');
    this.#process?.kill('SIGTERM');
    await exit;
  }

  containers(): string {
    return docker('-H', this.host, 'ps', '--all', '--quiet');
  }

  async dispose(): Promise<void> {
    await this.stop();
    execFileSync('umount', ['--recursive', '--lazy', this.#at('data')]);
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }
}

describe(`a Docker daemon of the test's own${reason}`, () => {
  let remove = (): void => {};
  let scratch: Scratch;
  let daemon: OwnDaemon;

  beforeAll(async () => {
    scratch = createScratch((work) => {
      remove = work;
    });
    const dataset = shellDataset(join(scratch.root, 'dataset'), { ownImages: 'shared', tasks: [1, 2, 3] });
    // The machine's own daemon builds the image, because this one has no network.
    const base = ['--backend-option', 'docker.baseImage=cooperbench-test/busybox'];
    const built = await cooperbench(scratch, ['dataset', 'build', ...base, '--dataset-dir', dataset]);
    expect(built).toMatchObject({ code: 0, stderr: '' });
    daemon = new OwnDaemon(join(scratch.root, 'daemon'));
    await daemon.start();
    const copy = `docker save ${imageOf(dataset)} | docker -H ${daemon.host} load`;
    execFileSync('sh', ['-c', copy], { stdio: 'ignore' });
  });
  afterAll(async () => {
    await daemon.dispose();
    removeImages(scratch);
    remove();
  });

  const experiment = (name: string, deed: string, ...extraArgs: string[]): string[] => {
    const model = scriptedModel(
      scratch.root,
      [
        {
          match: { task: 'shell_task/task1', seat: 'agent1' },
          turns: [{ run: doFeature(1) }, { run: deed }],
        },
        { match: { seat: 'agent1' }, turns: [{ run: doFeature(1) }] },
        { match: { seat: 'agent2' }, turns: [{ run: doFeature(2) }] },
      ],
      `${name}.json`,
    );
    return [
      ...['run', '-n', name, '-m', model, '--backend', 'docker', '--reporter', 'json', '-c', '1'],
      ...['--backend-option', `docker.host=${daemon.host}`],
      ...['--backend-option', 'docker.pull=never', '--dataset-dir', join(scratch.root, 'dataset')],
      ...['--log-dir', scratch.logs, '--timeout', '30s', ...extraArgs],
    ];
  };
  type Seats = Record<'agent1' | 'agent2', { status: string; error: string | null; patch_lines: number }>;
  const seats = (name: string, task: number): Seats =>
    readJson<{ agents: Seats }>(scratch.logs, name, `coop/shell_task/${task}/f1_f2/result.json`).agents;

  test('a full disk harms the trial that fills it, and the next begins with an empty one', async () => {
    const fill = 'dd if=/dev/zero of=/fill bs=1048576 2>&1 | tail -n 1; echo more >> lib.txt';
    const ending = await cooperbench(scratch, experiment('full', fill));
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    const completeResult = { status: 'Completed', error: null, patch_lines: 1 };
    // Its peer's work is collected although the disk they share has no room left.
    expect(seats('full', 1)).toMatchObject({
      agent1: { status: 'Completed', error: null },
      agent2: completeResult,
    });
    expect(seats('full', 2)).toMatchObject({ agent1: completeResult, agent2: completeResult });
    expect(readJson(scratch.logs, 'full/coop/shell_task/2/f1_f2/eval.json')).toMatchObject({
      both_passed: true,
    });
    expect(daemon.containers()).toBe('');
  });

  test('a restart loses the seats it ended, each with its reason, and the repeated command completes', async () => {
    const args = experiment('restart', 'sleep 8');
    const running = start(scratch, args);
    await running.line((line) => line.includes('"sandbox_ready"'));
    await delay(1500);
    await daemon.stop();
    await daemon.start();
    const ending = await running.ended;
    expect(ending).toMatchObject({ code: 1, stderr: '' });
    const { agent1, agent2 } = seats('restart', 1);
    expect(agent1).toMatchObject({ status: 'Error', patch_lines: 0 });
    expect(agent1.error).toMatch(
      /^The sandbox \S+ is lost: (the Docker daemon went away|its container was ended)/,
    );
    expect(['Completed', 'Error']).toContain(agent2.status);
    expect(daemon.containers()).toBe('');
    const again = await cooperbench(scratch, args);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(readJson(scratch.logs, 'restart/summary.json')).toMatchObject({
      completed: 3,
      failed: 0,
      pass_rate: 1,
    });
  });
});
