import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepHeapSmall } from '../../packages/command/dist/base/small-heap.js';
import tests from '../../packages/evaluator-tests/dist/index.js';
import { createContainer, tokens } from '../../packages/runs/dist/index.js';
import { hostileAgent } from '../../packages/testing/dist/hostile-agent.js';
import { hostBackend, shellTask } from '../../packages/testing/dist/index.js';
import { answer } from '../child.ts';

/**
 * Runs trials of two seats at once, and evaluates them. Arguments: how many trials, for how many seconds each seat floods (0: none does), and how
 * many MiB its patch has.
 */
const [trials = '', seconds = '', patchMiB = ''] = process.argv.slice(2);
const datasetDir = shellTask();
const logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-bench-'));
keepHeapSmall();
try {
  const backend = hostBackend();
  const container = createContainer([
    tests.plugin,
    {
      name: 'bench',
      apiVersion: 1,
      agents: { hostile: { create: () => hostileAgent(Number(seconds), Number(patchMiB)) } },
      backends: { host: { create: () => backend } },
    },
  ]);
  const { summary, stopped } = await container.get(tokens.runs).run({
    ...{ runName: 'bench', agent: 'hostile', modelName: 'none', backend: 'host', features: [1, 2] },
    ...{ repeat: Number(trials), concurrency: Number(trials), autoEval: true, datasetDir, logsDir },
  });
  if (stopped || summary.completed !== Number(trials))
    throw new Error(`${trials} trials were not run as they should: ${summary.completed} have a result`);
  const patches = readdirSync(logsDir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.patch'),
  );
  const large = patches.filter((name) => statSync(join(logsDir, name)).size >= Number(patchMiB) * 2 ** 20);
  if (large.length !== 2 * Number(trials)) throw new Error(`only ${large.length} seats have their patch`);
  answer({ peakMiB: process.resourceUsage().maxRSS / 1024 });
} finally {
  for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
}
