/**
 * Runs golden patches and a scripted agent on machines that lack room, processes or memory, then once more with room. Each trial
 * must end right or as an error, and right with room. Prints a table. Needs root, bubblewrap, and for `docker` a daemon with the
 * images of `.ci/start-docker.sh`.
 *
 * node bench/soundness/sweep.ts local|docker [--only KIND] [--from N] [--at N,N] [--one]. `--from 8` leaves out the first 8 machines,
 * `--at 0,20` takes these. `--one`: each gets one trial, of the task whose tests need what it lacks, in place of three. Exit codes:
 * 0 none is wrong, 1 some are.
 */
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Limit, limits } from './limits.ts';
import {
  cooperbench,
  createDockerMachine,
  createLocalMachine,
  type Machine,
  removeImages,
  type SmallDaemon,
  startSmallDaemon,
} from './machines.ts';
import {
  forgetVerdicts,
  listArgs,
  mapOutcomes,
  type Outcome,
  repoFor,
  writeDataset,
  writeScripts,
} from './trials.ts';

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string' },
    from: { type: 'string', default: '0' },
    at: { type: 'string' },
    one: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const backend = positionals[0] === 'docker' ? 'docker' : 'local';
const trials = values.one ? 1 : 3;

const positions = values.at?.split(',').map(Number);
const chosenLimits = limits[backend]
  .filter((_, index) => positions === undefined || positions.includes(index))
  .filter(({ kind }) => values.only === undefined || kind === values.only)
  .slice(Number(values.from));
const folder = mkdtempSync(join(tmpdir(), 'cooperbench-soundness-'));
// Other users must reach what is theirs below it.
chmodSync(folder, 0o711);
const needsDaemon = backend === 'docker' && chosenLimits.some(({ kind }) => kind.includes('disk'));
const daemon = needsDaemon ? await startSmallDaemon(join(folder, 'daemon'), 1400) : undefined;
let wrongCount = 0;
try {
  const createMachine = (root: string, limit?: Limit): Machine =>
    backend === 'local'
      ? createLocalMachine(root, limit)
      : createDockerMachine(root, limit, findDaemonFor(limit));
  const golden = join(folder, 'golden');
  writeDataset(golden);
  writeScripts(golden);
  // The daemon also builds its images now.
  const healthy =
    backend === 'local' ? createLocalMachine(golden) : createDockerMachine(golden, undefined, daemon);
  for (const command of ['run', 'eval'] as const) {
    const { code, output } = await cooperbench(healthy, listArgs(command, 'oracle', join(golden, 'logs')));
    if (code !== 0) throw new Error(`a machine with room does not do: ${output}`);
  }
  forgetVerdicts(join(golden, 'logs'));
  console.log('limit\tagent\tright\terror\twrong\tright with room');
  for (const [index, limit] of chosenLimits.entries()) {
    for (const agent of ['oracle', 'scripted'] as const) {
      const root = join(folder, `${index}-${agent}`);
      cpSync(golden, root, { recursive: true });
      const logs = join(root, 'logs');
      const command = agent === 'oracle' ? 'eval' : 'run';
      const repo = values.one ? repoFor[limit.kind] : undefined;
      const machine = createMachine(root, limit);
      const ending = await cooperbench(machine, listArgs(command, agent, logs, repo));
      await machine.end();
      const first = mapOutcomes(logs, agent, ending, trials, repo);
      const isAllRight = count(first, 'right') === trials;
      const roomy = createMachine(root);
      const rerunEnding = isAllRight
        ? ending
        : await cooperbench(roomy, listArgs(command, agent, logs, repo));
      const second = isAllRight ? first : mapOutcomes(logs, agent, rerunEnding, trials, repo);
      const failureCount = count(first, 'wrong') + trials - count(second, 'right');
      wrongCount += failureCount;
      const cells = (['right', 'error', 'wrong'] as const).map((outcome) => count(first, outcome));
      console.log([nameOf(limit), agent, ...cells, count(second, 'right')].join('\t'));
      if (failureCount > 0) console.log(`${root} is kept:\n${ending.output}\n${rerunEnding.output}`);
      else rmSync(root, { recursive: true, force: true });
    }
  }
  console.log(`${wrongCount} wrong`);
} finally {
  await daemon?.end();
  if (backend === 'docker') removeImages();
  if (wrongCount === 0) rmSync(folder, { recursive: true, force: true });
}
process.exitCode = wrongCount === 0 ? 0 : 1;

function findDaemonFor(limit: Limit | undefined): SmallDaemon | undefined {
  return limit === undefined || limit.kind.includes('disk') ? daemon : undefined;
}

function nameOf({ kind, amount, unit }: Limit): string {
  return `${kind} ${amount}${unit && ` ${unit}`}`;
}

function count(outcomes: ReadonlyMap<string, Outcome>, outcome: Outcome): number {
  return [...outcomes.values()].filter((candidate) => candidate === outcome).length;
}
