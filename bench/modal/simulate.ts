import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModalBackend } from '../../packages/backend-modal/dist/modal-backend.js';
import { keepHeapSmall } from '../../packages/command/dist/base/small-heap.js';
import { type Agent, runCommand } from '../../packages/core/dist/index.js';
import tests from '../../packages/evaluator-tests/dist/index.js';
import { createContainer, tokens } from '../../packages/runs/dist/index.js';
import { progress, reply } from '../child.ts';
import { layOutPairs, subset } from '../orchestration/many-pairs.ts';
import { createRandom } from '../random.ts';
import { latencies } from './latencies.ts';
import { computeLimitedSchedule, type LimitedJob } from './limited-schedule.ts';
import type { Took } from './serve.ts';

/** The resources that the process of the simulated run used. */
export interface Simulated {
  readonly wallMs: number;
  /** A list schedule over the same latencies. */
  readonly leastMs: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
}

/** Runs and evaluates pairs as `cooperbench run` does, on a simulated Modal. Arguments: a folder, how many, how many at once. */
const [folder = '', count = '', atOnce = ''] = process.argv.slice(2);
const concurrency = Number(atOnce);
const server = spawn(process.execPath, [join(import.meta.dirname, 'serve.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
const readReply = async <T>(): Promise<T> => JSON.parse(String((await lines.next()).value)) as T;
Object.assign(process.env, await readReply<Record<string, string>>());

const next = createRandom(latencies.seed + 1);
/** By trial and seat, in ms. */
const thoughtMs = new Map<string, number>();
const thinkingAgent: Agent = {
  async run(_task, { trial, seat, workspace, record, inbox, signal }) {
    for (let step = 1; step <= latencies.steps; step += 1) {
      const [minMs, maxMs] = latencies.thinkMs;
      const ms = minMs + (maxMs - minMs) * next();
      const key = `${trial} ${seat}`;
      thoughtMs.set(key, (thoughtMs.get(key) ?? 0) + ms);
      await sleep(ms, undefined, { signal });
      record({ type: 'message', message: { role: 'assistant', content: `Step ${step}`, timestamp: step } });
      record({ type: 'step' });
      await runCommand(workspace, ['true'], { signal });
    }
    await inbox?.take();
    return { status: 'Completed' };
  },
};
const datasetDir = join(folder, 'dataset');
await layOutPairs(datasetDir, Number(count));
keepHeapSmall();
const container = createContainer([
  tests(),
  {
    name: 'bench',
    apiVersion: 1,
    agents: { thinking: { create: () => thinkingAgent } },
    backends: { modal: { create: () => new ModalBackend() } },
  },
]);
const order: string[] = [];
const endCounts = { trials: 0, evaluations: 0 };
const failureController = new AbortController();
const started = performance.now();
const reporting = setInterval(() => {
  const seconds = Math.round((performance.now() - started) / 1000);
  progress(
    `${seconds} s: ${order.length} trials started, ${endCounts.trials} of ${count} ended, ${endCounts.evaluations} evaluated`,
  );
}, 15_000);
const { summary } = await container.get(tokens.runs).run({
  runName: 'bench',
  subset,
  agent: 'thinking',
  modelName: 'none',
  backend: 'modal',
  concurrency,
  evalConcurrency: concurrency,
  // The schedule has none.
  warm: false,
  datasetDir,
  logsDir: join(folder, 'logs'),
  signal: failureController.signal,
  onEvent: (event) => {
    if (event.type === 'trial_started') order.push(event.trial);
    if (event.type === 'trial_finished') endCounts.trials += 1;
    if (event.type !== 'verdict') return;
    // The failures of a faulty simulation would go on for hours: each is repeated alone.
    if (event.error) failureController.abort(new Error(`${event.trial}: ${event.error}`));
    endCounts.evaluations += 1;
  },
});
const wallMs = performance.now() - started;
clearInterval(reporting);
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
server.stdin.write('\n');
const { took, running } = await readReply<{ took: Took[]; running: number }>();
const verdicts = summary.eval?.total_runs;
if (summary.completed !== Number(count) || running > 0 || verdicts !== summary.completed)
  throw new Error(`${summary.completed} trials, ${verdicts} verdicts, ${running} sandboxes are left`);
reply({
  wallMs,
  leastMs: computeLeastTime(took),
  cpuMs: (userCPUTime + systemCPUTime) / 1000,
  peakMiB: maxRSS / 1024,
} satisfies Simulated);
server.stdin.end();
await once(server, 'exit');

/** Trials, then evaluations. */
function computeLeastTime(sandboxes: readonly Took[]): number {
  const toPlainName = (trial: string): string => trial.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '_');
  const byTrial = Map.groupBy(
    sandboxes.filter(({ seat }) => seat !== 'eval'),
    ({ trial }) => trial,
  );
  const getImage = (trial: string): string => trial.split('/').slice(1, 3).join('/');
  const trials = order.map((trial): LimitedJob => {
    const seats = byTrial.get(toPlainName(trial)) ?? [];
    return {
      image: getImage(trial),
      sandboxes: seats.map(({ coldMs, execs, seat }) => ({
        coldMs,
        workMs: execs * latencies.execMs + (thoughtMs.get(`${trial} ${seat}`) ?? 0),
      })),
    };
  });
  const evaluations = sandboxes
    .filter(({ seat }) => seat === 'eval')
    .map(
      ({ coldMs, execs }): LimitedJob => ({
        sandboxes: [{ coldMs, workMs: execs * latencies.execMs }],
      }),
    );
  return computeLimitedSchedule(trials, concurrency) + computeLimitedSchedule(evaluations, concurrency);
}
