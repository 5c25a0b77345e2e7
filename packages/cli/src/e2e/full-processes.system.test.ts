import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { bin, cooperbench, createScratch, type Scratch, slowness } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

// As root: it becomes another user, because root has no limit of processes.
const needs = { mount: needing('mount'), bubblewrap: needing('bubblewrap') };
const both = needs.mount.reason ? needs.mount : needs.bubblewrap;

/** A user of this test's own, because the kernel counts all processes of a user. */
const user = 1_910_000_000 + process.pid;
const become = ['--reuid', `${user}`, '--regid', `${user}`, '--clear-groups'];
const most = 300;

/** Starts so many processes of the user, which are no trial's. */
async function othersStart(count: number): Promise<() => void> {
  const script = 'for i in $(seq "$1"); do sleep 1000 & done; echo started; wait';
  const child = spawn('setpriv', [...become, 'sh', '-c', script, 'sh', `${count}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const end = (): void =>
    void (child.exitCode ?? child.signalCode ?? process.kill(-(child.pid as number), 'SIGKILL'));
  onTestFinished(end);
  await once(child.stdout, 'data');
  return end;
}

/** Returns a place of the user, and a command that runs there as this user, who may have `most` processes and threads. */
function limitedPlace(): { place: Scratch; command: string } {
  const scratch = createScratch();
  const command = join(scratch.root, 'limited.mjs');
  const prefix = [...become, 'prlimit', `--nproc=${most}`, process.execPath, bin];
  writeFileSync(
    command,
    `import { spawnSync } from 'node:child_process';
    const args = [...${JSON.stringify(prefix)}, ...process.argv.slice(2)];
    process.exitCode = spawnSync('setpriv', args, { stdio: 'inherit' }).status ?? 1;`,
  );
  return { place: scratch, command };
}

/** Runs the pair with what its first seat does; the second does its feature at once. */
async function run(
  { place, command }: ReturnType<typeof limitedPlace>,
  turns: readonly string[][],
): Promise<number | null> {
  const dataset = shellDataset(join(place.root, 'dataset'));
  const [first = [], second = []] = turns.map((seat) => seat.map((run) => ({ run })));
  const model = scriptedModel(place.root, [{ match: { seat: 'agent1' }, turns: first }, { turns: second }]);
  for (const name of ['.', ...readdirSync(place.root, { recursive: true, encoding: 'utf8' })])
    chownSync(join(place.root, name), user, user);
  chmodSync(place.root, 0o755);
  const args = ['run', '-n', 'x', '--backend', 'local', '--reporter', 'silent', '--dataset-dir', dataset];
  const extraArgs = ['--log-dir', place.logs, '--no-auto-eval', '-m', model];
  const ending = await cooperbench(place, [...args, ...extraArgs], { command });
  return ending.code;
}

const agents = (scratch: Scratch): unknown =>
  (readJson(scratch.logs, 'x/coop/shell_task/1/f1_f2', 'result.json') as { agents: unknown }).agents;

describe(`a host that is nearly out of processes${both.reason}`, () => {
  both.test('judges a trial that uses up the rest, though others have more of them', async () => {
    const limited = limitedPlace();
    await othersStart(150);
    const hog = `for i in $(seq 80); do sleep 1000 & done; send_message agent2 go; sleep ${Math.ceil(8 * slowness)}`;
    const wait = 'until read_messages | grep -q go; do sleep 0.2; done';
    const code = await run(limited, [
      [doFeature(1), hog],
      [wait, doFeature(2)],
    ]);
    expect({ code, agents: agents(limited.place) }).toMatchObject({
      code: 0,
      agents: { agent1: { status: 'Completed' }, agent2: { status: 'Completed', error: null } },
    });
  });

  both.test('loses a seat twice at the most: the third time it is judged', async () => {
    const limited = limitedPlace();
    const wait = 'touch /tmp/here; while [ ! -e /tmp/go ]; do sleep 0.2; done';
    for (const status of ['Error', 'Error', 'Completed']) {
      const running = run(limited, [[doFeature(1), wait], [doFeature(2)]]);
      const find = (): string | undefined =>
        globSync(join(limited.place.tmp, 'cooperbench-local-*/sandboxes/*/tmp/here'))[0];
      await expect.poll(find).toBeDefined();
      const events = join(limited.place.logs, 'x/coop/shell_task/1/f1_f2.running/events.jsonl');
      await expect.poll(() => readFileSync(events, 'utf8')).toMatch(/^.*"seat_finished".*"agent2".*$/m);
      const end = await othersStart(229);
      writeFileSync(join(find() as string, '../go'), '');
      const code = await running;
      end();
      expect({ code, agents: agents(limited.place) }).toMatchObject({
        code: status === 'Error' ? 1 : 0,
        agents: { agent1: { status } },
      });
    }
  });
});
