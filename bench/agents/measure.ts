import { setTimeout as delay } from 'node:timers/promises';
import {
  type AgentContext,
  mustRun,
  type SandboxProcess,
  type Workspace,
} from '../../packages/core/dist/index.js';
import { scriptedProvider } from '../../packages/testing/dist/frameworks/index.js';
import { reply } from '../child.ts';
import { computeMedian } from '../median.ts';
import { buildStep, createDefinition, endOf, placeOf, type Subject, subjects } from './subjects.ts';

/**
 * Measures the steps of an agent whose model answers immediately and whose commands do nothing, and the time until the first
 * request. The floors are a bare request of the same size, and a program in the sandbox.
 */
const steps = 30;
const repetitions = 3;

const measured = subjects.find(({ agent }) => agent === process.argv[2]) as Subject;
process.env.COOPERBENCH_API_KEY = 'key-of-the-provider';
await using place = await placeOf(measured);
const agent = await (await createDefinition(measured)).create({ registry: measured.registry });
const runs: Run[] = [];
// The first round fills caches.
for (let round = -1; round < repetitions; round += 1) {
  const run = await runOnce(round);
  if (round >= 0) runs.push(run);
}
const computeMiddle = (pick: (run: Run) => number): number => computeMedian(runs.map(pick));
reply([
  { value: computeMiddle(({ stepMs }) => stepMs), floor: computeMiddle(({ requestMs }) => requestMs) },
  { value: computeMiddle(({ startMs }) => startMs), floor: computeMiddle(({ execMs }) => execMs) },
]);

interface Run {
  readonly stepMs: number;
  readonly startMs: number;
  /** The floors. */
  readonly requestMs: number;
  readonly execMs: number;
}

interface Interval {
  readonly from: number;
  readonly to: number;
}

async function runOnce(round: number): Promise<Run> {
  const arrivals: number[] = [];
  await using provider = await scriptedProvider(() => {
    arrivals.push(performance.now());
    return arrivals.length <= steps ? buildStep(measured, arrivals.length) : endOf(measured);
  });
  await using sandbox = await place.backend.create(place.spec(`agent-${round + 1}`));
  const startMs = performance.now();
  await mustRun(sandbox, ['true']);
  const execMs = performance.now() - startMs;
  const commands: Interval[] = [];
  const context: AgentContext = {
    ...{ seat: 'solo', trial: 'solo/ttl_cache_task/27/f1_f2', peers: [], channels: [], features: [1] },
    ...{ model: measured.model, baseUrl: provider.url, limits: {} },
    workspace: measureTime(sandbox, commands),
    signal: AbortSignal.timeout(300_000),
    ready: async () => {},
    record: () => {},
  };
  const started = performance.now();
  await agent.run('Do nothing.', context);
  if (arrivals.length <= steps) throw new Error(`the agent made ${arrivals.length} requests`);
  const between = arrivals
    .slice(1, steps)
    .map((to, index): Interval => ({ from: arrivals[index] ?? to, to }));
  return {
    stepMs: computeMedian(
      between.map((interval) => interval.to - interval.from - computeOverlap(interval, commands)),
    ),
    startMs: (arrivals[0] ?? Number.NaN) - started,
    requestMs: await measureBareRequest(provider.url, provider.requests.at(-1)),
    execMs,
  };
}

/** Notes when each command began and ended. */
function measureTime(workspace: Workspace, commands: Interval[]): Workspace {
  return {
    ...workspace,
    async exec(argv, execOptions): Promise<SandboxProcess> {
      const from = performance.now();
      const process = await workspace.exec(argv, execOptions);
      process.wait().then(
        () => commands.push({ from, to: performance.now() }),
        () => {},
      );
      return process;
    },
  };
}

/** Returns how long commands ran meanwhile. What runs all the time is the tunnel of a framework, and no command. */
function computeOverlap({ from, to }: Interval, intervals: readonly Interval[]): number {
  const commands = intervals.filter((interval) => interval.from > from || interval.to < to);
  const overlaps = commands.map((command) => Math.min(command.to, to) - Math.max(command.from, from));
  return overlaps.reduce((sum, ms) => sum + Math.max(ms, 0), 0);
}

async function measureBareRequest(
  url: string,
  like: { path: string; body: unknown } | undefined,
): Promise<number> {
  const stepTimes: number[] = [];
  for (let n = 0; n < steps; n += 1) {
    const startMs = performance.now();
    const response = await fetch(new URL(like?.path ?? '/', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(like?.body),
    });
    await response.text();
    stepTimes.push(performance.now() - startMs);
    await delay(1);
  }
  return computeMedian(stepTimes);
}
