import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import local from '../../packages/backend-local/dist/index.js';
import type { Agent, Setting } from '../../packages/core/dist/index.js';
import tests from '../../packages/evaluator-tests/dist/index.js';
import { createContainer, tokens } from '../../packages/runs/dist/index.js';
import { answer } from '../child.ts';
import { sampleDataset } from '../local-sandboxes.ts';
import { median } from '../median.ts';

/** Measures what each further phase adds to a trial of two seats, and as its floor what each further trial adds to a run. */
const repetitions = 7;
const many = 9;
const seats = ['agent1', 'agent2'];

const idle: Agent = { run: async () => ({ status: 'Completed' }) };

const inPhases = (count: number): Setting => ({
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
  tests.plugin,
  local.plugin,
  {
    name: 'bench',
    apiVersion: 1,
    agents: { idle: { create: () => idle } },
    settings: Object.fromEntries(
      [1, many].map((count) => [`phases_${count}`, { create: () => inPhases(count) }]),
    ),
  },
]);
try {
  const times: number[] = [];
  const floors: number[] = [];
  for (let round = -1; round < repetitions; round += 1) {
    const one = await runTrials(1, 1, round);
    const manyPhases = await runTrials(many, 1, round);
    const manyTrials = await runTrials(1, many, round);
    if (round < 0) continue;
    times.push((manyPhases - one) / (many - 1));
    floors.push((manyTrials - one) / (many - 1));
  }
  answer({ value: median(times), floor: median(floors) });
} finally {
  await rm(folder, { recursive: true });
}

/** The time of so many trials, one after another, with so many phases each, in ms. */
async function runTrials(phases: number, trials: number, round: number): Promise<number> {
  const started = performance.now();
  const { summary } = await container.get(tokens.runs).run({
    runName: `phases-${phases}-${trials}-${round}`,
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
  });
  if (summary.completed !== trials) throw new Error('a trial did not complete');
  return performance.now() - started;
}
