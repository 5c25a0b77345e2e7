import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import {
  cooperbench,
  createScratch,
  type Scratch,
  sampleDataset,
  slowness,
  start,
} from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test: served, reason } = needing('redis-server');

/** Starts a Redis on a socket in the test's folder. Resolves with its URL. */
async function redis(scratch: Scratch, ...extraArgs: string[]): Promise<string> {
  const socket = join(scratch.root, 'redis.sock');
  const server = spawn('redis-server', [
    '--port',
    '0',
    '--unixsocket',
    socket,
    '--save',
    '',
    '--dir',
    scratch.root,
    ...extraArgs,
  ]);
  onTestFinished(() => void server.kill('SIGKILL'));
  await new Promise<void>((resolve) =>
    server.stdout.on('data', (text) => /ready to accept/i.test(String(text)) && resolve()),
  );
  return `unix://${socket}`;
}

served(`messages go through Redis, and watch shows them live and afterwards${reason}`, async () => {
  const scratch = createScratch();
  const url = await redis(scratch);
  const model = `scripted/${join(sampleDataset, 'scripted/demo.yaml')}`;
  const watching = start(scratch, ['watch', 'x', '--redis', url, '--follow']);
  const end = watching.line((line) => line.includes('has ended'));
  const args = [
    'run',
    '-n',
    'x',
    '--backend',
    'local',
    '-m',
    model,
    '--git',
    '-r',
    'recur_task',
    '-f',
    '2,3',
    '--no-auto-eval',
  ];
  const ending = await cooperbench(
    scratch,
    [...args, '--dataset-dir', sampleDataset, '--log-dir', scratch.logs],
    {
      env: { REDIS_URL: url },
    },
  );
  expect(ending).toMatchObject({ code: 0, stderr: '' });
  await end;
  watching.child.kill('SIGINT');
  const { code, stdout: live } = await watching.ended;
  expect(code).toBe(0);
  expect(live).toMatch(/coop\/recur_task\/8\/f2_f3 {2}agent1 → agent2: I add a clause/);
  const after = await cooperbench(scratch, ['watch', 'x', '--redis', url]);
  expect(after).toMatchObject({ code: 0, stdout: live });
});

served(`a message that Redis has no room for is not lost silently${reason}`, async () => {
  const scratch = createScratch();
  const url = await redis(scratch, '--maxmemory', '4mb');
  const dataset = shellDataset(join(scratch.root, 'dataset'));
  const patience = Math.ceil(5 * slowness);
  // The agent stops waiting for its message before Redis is given up.
  const flood = `text=$(head -c 120000 /dev/zero | tr '\\0' x); for i in $(seq 60); do printf %s "$text" | timeout ${patience} send_message agent2 || break; done`;
  const listen = 'until read_messages 2>&1 | grep -q OOM; do sleep 0.2; done';
  const model = scriptedModel(scratch.root, [
    { match: { seat: 'agent1' }, turns: [{ run: [doFeature(1), flood] }] },
    { match: { seat: 'agent2' }, turns: [{ run: [doFeature(2), listen] }] },
  ]);
  const args = [
    'run',
    '-n',
    'x',
    '--backend',
    'local',
    '-m',
    model,
    '--bus-option',
    `redis.outageMs=${2000 * patience}`,
  ];
  const { code } = await cooperbench(
    scratch,
    [...args, '--dataset-dir', dataset, '--log-dir', scratch.logs],
    {
      env: { REDIS_URL: url },
    },
  );
  expect(code).toBe(1);
  expect(readJson(scratch.logs, 'x/coop/shell_task/1/f1_f2/result.json')).toMatchObject({
    agents: { agent1: { status: 'Error', error: expect.stringContaining('refused: OOM') } },
  });
  expect(readJson(scratch.logs, 'x/eval_summary.json')).toMatchObject({ errors: 1, passed: 0, failed: 0 });
});

served(`watch without a Redis says how to name one${reason}`, async () => {
  const scratch = createScratch();
  expect(await cooperbench(scratch, ['watch', 'x'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: 'Error: There is no Redis URL.\nGive the one of the run with --redis or REDIS_URL.\n',
  });
});
