import { join } from 'node:path';
import { keepHeapSmall } from '../../packages/command/dist/base/small-heap.js';
import tests from '../../packages/evaluator-tests/dist/index.js';
import { createContainer, tokens } from '../../packages/runs/dist/index.js';
import { reply } from '../child.ts';
import { layOutPairs, subset } from './many-pairs.ts';
import { nullAgent, stepsOfSeat } from './null-agent.ts';
import { nullBackend } from './null-backend.ts';

/** The resources that a process used for its trials. */
export interface Resources {
  /** The processor time of the whole process, including its start. */
  readonly cpuMs: number;
  /** The time of the trials alone. */
  readonly wallMs: number;
  /** The largest resident size. */
  readonly peakMiB: number;
}

/** Runs trials as `cooperbench run` does, without real sandboxes. Arguments: a folder on a fast disk, how many. */
const [folder = '', count = ''] = process.argv.slice(2);
const datasetDir = join(folder, 'dataset');
await layOutPairs(datasetDir, Number(count));
keepHeapSmall();
const container = createContainer([
  tests(),
  {
    name: 'bench',
    apiVersion: 1,
    agents: { null: { create: () => nullAgent } },
    backends: { null: { create: () => nullBackend } },
  },
]);
let steps = 0;
let messages = 0;
const started = performance.now();
const { summary } = await container.get(tokens.runs).run({
  runName: 'bench',
  subset,
  agent: 'null',
  modelName: 'none',
  backend: 'null',
  concurrency: 500,
  autoEval: false,
  datasetDir,
  logsDir: join(folder, 'logs'),
  onEvent: ({ type }) => {
    if (type === 'step') steps += 1;
    if (type === 'message_delivered') messages += 1;
  },
});
const wallMs = performance.now() - started;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
if (summary.completed !== Number(count) || steps !== summary.completed * 2 * stepsOfSeat || messages === 0)
  throw new Error(`${count} trials were not run as they should: ${steps} steps, ${messages} messages read`);
reply({ cpuMs: (userCPUTime + systemCPUTime) / 1000, wallMs, peakMiB: maxRSS / 1024 } satisfies Resources);
