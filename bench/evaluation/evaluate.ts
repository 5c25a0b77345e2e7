import { mustRun, type Submission } from '../../packages/core/dist/index.js';
import { reply } from '../child.ts';
import { buildLocalBackend } from '../local-sandboxes.ts';
import { computeMedian } from '../median.ts';
import { BareRunner } from './bare-runner.ts';
import { createEvaluatorOn, pairs } from './golden.ts';

/** Measures one pair of every sample task: sums of the medians of both ways, taken in turn. Python and Node runners. */
const repetitions = 5;

await using backend = buildLocalBackend();
const evaluate = await createEvaluatorOn(backend, 3);

const totals = { value: 0, floor: 0 };
for (const submission of pairs) {
  // Also makes the task's template.
  const [{ mergedDiff } = { mergedDiff: '' }] = await evaluate([submission]);
  await using bareRunner = await BareRunner.prepare(submission, mergedDiff, await resolveInside(submission), {
    canaries: true,
  });
  const values: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < repetitions; round += 1) {
    const started = performance.now();
    await evaluate([submission]);
    values.push(performance.now() - started);
    floors.push(await bareRunner.run());
  }
  totals.value += computeMedian(values) / pairs.length;
  totals.floor += computeMedian(floors) / pairs.length;
}
reply(totals);

/** Where a sandbox finds its programs, because a version manager's shims on the host would take their own time. */
async function resolveInside({ task }: Submission): Promise<string> {
  await using sandbox = await backend.create({
    name: 'cooperbench-bench',
    labels: {},
    image: task.image,
    taskDir: task.directory,
    untrusted: false,
    lifetimeMs: 3_600_000,
  });
  return (await mustRun(sandbox, ['printenv', 'PATH'])).toString().trim();
}
