import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { cooperbench, createScratch, type Scratch, start } from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { describe, test, reason } = needing('docker');
const base = ['--backend-option', 'docker.baseImage=cooperbench-test/base'];

/** Names that no other test uses, and no run before. */
const imageOf = (task: number): string => `cooperbench-test/e2e-build-${process.pid}:task${task}`;

const works = `ARG BASE
FROM \${BASE}
COPY setup.sh /opt/task/
COPY repo /opt/task/repo
RUN sh /opt/task/setup.sh /workspace/repo
`;

/** Returns a dataset of `shell_task` with a Dockerfile a task. */
function dataset(scratch: Scratch, dockerfiles: readonly string[]): string {
  const tasks = dockerfiles.map((_, index) => index + 1);
  const directory = shellDataset(join(scratch.root, 'dataset'), { ownImages: 'shared', tasks });
  for (const [index, dockerfile] of dockerfiles.entries()) {
    const task = join(directory, `shell_task/task${index + 1}`);
    writeFileSync(join(task, 'Dockerfile'), dockerfile);
    writeFileSync(join(task, 'task.json'), JSON.stringify({ image: imageOf(index + 1) }));
  }
  return directory;
}

const withoutTimes = (text: string): string => text.replaceAll(/(in|after) [\d.]+m?s/g, '$1 SOON');

describe(`dataset build${reason}`, () => {
  afterAll(() => {
    for (const task of [1, 2])
      try {
        execFileSync('docker', ['image', 'rm', '-f', imageOf(task)], { stdio: 'ignore' });
      } catch {
        // Not every one was built.
      }
  });

  test('builds what is missing, keeps what is there, and builds it again when it is forced', async () => {
    const scratch = createScratch();
    dataset(scratch, [works]);
    const build = (...extraArgs: string[]) =>
      cooperbench(scratch, ['dataset', 'build', ...base, ...extraArgs]);
    const first = await build();
    expect({ ...first, stdout: withoutTimes(first.stdout) }).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: `\
[CooperBench] Building 1 image, backend docker
[CooperBench] Building ${imageOf(1)}
[CooperBench] Built ${imageOf(1)} in SOON

[CooperBench] Images: 1 built, 0 already present, in SOON
`,
    });
    const second = await build();
    expect(second.stdout.split('\n')[1]).toBe(`[CooperBench] ${imageOf(1)} is already present`);
    const [kept] = JSON.parse((await build('--json')).stdout);
    expect(kept).toEqual({
      repo: 'shell_task',
      task_id: 1,
      image: imageOf(1),
      state: 'present',
      reference: expect.stringMatching(/^sha256:/),
      duration_seconds: expect.any(Number),
      error: null,
    });
    const forced = (await build('--force', '--reporter', 'json')).stdout.trimEnd().split('\n');
    const events = forced.map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ type: 'images_started', images: 1, backend: 'docker' });
    expect(events[1]).toMatchObject({ type: 'image', image: imageOf(1), phase: 'build', state: 'running' });
    expect(events.at(-2)).toMatchObject({ type: 'image', state: 'ready' });
    expect(events.at(-1)).toMatchObject({ type: 'images_finished', built: 1, present: 0, failed: 0 });
  });

  test('prepare --agent adds the software of an agent to the images, and downloads no dataset', async () => {
    const scratch = createScratch();
    dataset(scratch, [works]);
    writeFileSync(
      join(scratch.root, 'agent.mjs'),
      `export default () => ({ name: 'tooled', apiVersion: 1, agents: { tooled: {
        layers: () => [{ key: 'tool-${process.pid}', install: 'printf tool > /tool', check: 'test -f /tool' }],
        create: () => ({ run: async () => ({ status: 'Completed' }) }),
      } } });`,
    );
    writeFileSync(join(scratch.root, 'cooperbench.config.yaml'), 'plugins: [./agent.mjs]\n');
    const args = ['prepare', '--agent', 'tooled', '--backend', 'docker', '-r', 'shell_task', ...base];
    const backendOptions = ['--backend-option', 'docker.build=true'];
    const prepare = () =>
      cooperbench(scratch, [...args, ...backendOptions], { env: { HF_ENDPOINT: 'http://127.0.0.1:1' } });
    const first = await prepare();
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    expect(first.stdout).toContain('[CooperBench] Preparing 1 image for tooled, backend docker\n');
    expect(first.stdout).toContain('Images: 1 built, 0 already present');
    expect((await prepare()).stdout).toContain('Images: 0 built, 1 already present');
  });

  test('a Dockerfile that fails is named, the others are built, and the exit code is 1', async () => {
    const scratch = createScratch();
    const directory = dataset(scratch, ['ARG BASE\nFROM ${BASE}\nRUN echo no compiler; exit 7\n', works]);
    const { code, stdout, stderr } = await cooperbench(scratch, ['dataset', 'build', '-c', '1', ...base]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(withoutTimes(stdout)).toContain(
      `[CooperBench] Building ${imageOf(1)} failed after SOON: ${directory}/shell_task/task1/Dockerfile could not be built: Step 1/`,
    );
    expect(stdout).toMatch(/^ {2}no compiler$/m);
    expect(stdout).toMatch(/^ {2}The command .* returned a non-zero code: 7$/m);
    expect(withoutTimes(stdout).split('\n').slice(-5)).toEqual([
      `[CooperBench] Building ${imageOf(2)}`,
      `[CooperBench] Built ${imageOf(2)} in SOON`,
      '',
      '[CooperBench] Images: 1 built, 0 already present, 1 failed, in SOON',
      '',
    ]);
  });

  test('a run shows its builds; one that fails is an infrastructure error of its trials', async () => {
    const scratch = createScratch();
    const directory = dataset(scratch, [works, 'ARG BASE\nFROM ${BASE}\nRUN echo no compiler; exit 7\n']);
    const args = ['run', '-n', 'x', '-a', 'nop', '--backend', 'docker', '--no-auto-eval', ...base];
    const extraArgs = ['--backend-option', 'docker.build=true', '--log-dir', scratch.logs];
    execFileSync('docker', ['image', 'rm', '-f', imageOf(1)], { stdio: 'ignore' });
    const { code, stdout } = await cooperbench(scratch, [...args, ...extraArgs]);
    expect(code).toBe(1);
    expect(withoutTimes(stdout)).toContain(`[CooperBench] Built ${imageOf(1)} in SOON\n`);
    const done = readJson(scratch.logs, 'x/coop/shell_task/1/f1_f2/result.json');
    expect(done).toMatchObject({ agents: { agent1: { status: 'Completed', error: null } } });
    const expectedLoss = readJson<{ agents: Record<string, { status: string; error: string }> }>(
      scratch.logs,
      'x/coop/shell_task/2/f1_f2/result.json',
    );
    for (const { status, error } of Object.values(expectedLoss.agents)) {
      expect(status).toBe('Error');
      expect(error).toContain(`${directory}/shell_task/task2/Dockerfile could not be built: Step 1/`);
      expect(error).toContain('\nno compiler\n');
    }
  });

  test('interrupted, it ends at once', async () => {
    const scratch = createScratch();
    dataset(scratch, ['ARG BASE\nFROM ${BASE}\nRUN sleep 3600\n']);
    const running = start(scratch, ['dataset', 'build', '--force', '--reporter', 'json', ...base]);
    await running.line((line) => line.includes('RUN sleep 3600'));
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'Error: Interrupted.\n' });
    expect(stdout).not.toContain('"failed"');
  });
});
