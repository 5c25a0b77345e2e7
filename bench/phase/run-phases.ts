import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import local from '../../packages/backend-local/dist/index.js';
import type { Agent, Setting } from '../../packages/core/dist/index.js';
import tests from '../../packages/evaluator-tests/dist/index.js';
import { createContainer, tokens } from '../../packages/runs/dist/index.js';
import { reply } from '../child.ts';
import { sampleDataset } from '../local-sandboxes.ts';

/** Measures how long a phase of two seats takes, and as its floor a trial with one phase. */
const repetitions = 5;
const manyPhases = 9;
const seats = ['agent1', 'agent2'];

const idleAgent: Agent = { run: async () => ({ status: 'Completed' }) };

const createInPhases = (count: number): Setting => ({
  seats: (features) =>
    features.map((feature, index) => ({
      id: seats[index] ?? '',
      features: [feature],
      fileStem: `agent${feature}`,
    })),
  channels: ['messages', 'git'],
  judged: 'merge',
  maxPhases: count,
  *phases() {
    for (let index = 1; index <= count; index += 1)
      yield {
        name: `phase${index}`,
        work: seats.map((seat) => ({ seat, task: 'Do nothing.', start: 'fresh' as const })),
      };
  },
});

const folder = await mkdtemp(join(tmpdir(), 'cooperbench-bench-'));
const container = createContainer([
  tests(),
  local(),
  {
    name: 'bench',
    apiVersion: 1,
    agents: { idle: { create: () => idleAgent } },
    settings: Object.fromEntries(
      [1, manyPhases].map((count) => [`phases_${count}`, { create: () => createInPhases(count) }]),
    ),
  },
]);
try {
  // The least times are those that nothing disturbed.
  let [phase, trial] = [Infinity, Infinity];
  for (let round = 0; round < repetitions; round += 1) {
    phase = Math.min(phase, await findShortestStep('phase_started', manyPhases, 1, round));
    trial = Math.min(trial, await findShortestStep('trial_started', 1, manyPhases, round));
  }
  reply({ value: phase, floor: trial });
} finally {
  await rm(folder, { recursive: true });
}

/** Runs so many trials, one after another, with so many phases each. The least time between two events of a type, in ms. */
async function findShortestStep(
  type: 'phase_started' | 'trial_started',
  phases: number,
  trials: number,
  round: number,
): Promise<number> {
  const timesMs: number[] = [];
  const { summary } = await container.get(tokens.runs).run({
    runName: `${type}-${round}`,
    setting: `phases_${phases}`,
    repeat: trials,
    concurrency: 1,
    agent: 'idle',
    modelName: 'none',
    backend: 'local',
    backendOptions: { isolation: 'bubblewrap' },
    autoEval: false,
    repo: 'recur_task',
    taskId: 8,
    features: [1, 2],
    datasetDir: sampleDataset,
    logsDir: folder,
    onEvent: (event) => {
      if (event.type === type) timesMs.push(performance.now());
    },
  });
  if (summary.completed !== trials || timesMs.length !== manyPhases)
    throw new Error('a trial did not complete');
  return Math.min(...timesMs.slice(1).map((time, index) => time - (timesMs[index] ?? 0)));
}
