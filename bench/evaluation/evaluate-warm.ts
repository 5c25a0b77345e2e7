import { reply } from '../child.ts';
import { buildLocalBackend } from '../local-sandboxes.ts';
import { computeMedian } from '../median.ts';
import { BareRunner } from './bare-runner.ts';
import { compiledPair, createEvaluatorOn } from './golden.ts';

/**
 * Measures the pair of the compiled task with a warm layer, and the bare runner calls, in turn; with `--cold` also without a
 * layer, which takes three times as long.
 */
const withCold = process.argv.includes('--cold');
const repetitions = withCold ? 5 : 3;

await using backend = buildLocalBackend();
const evaluateWarm = await createEvaluatorOn(backend, 3, true);
const evaluateCold = await createEvaluatorOn(backend, 3);

// Also makes the template and the layer.
const [{ mergedDiff } = { mergedDiff: '' }] = await evaluateWarm(compiledPair);
const [submission] = compiledPair;
if (!submission) throw new Error('the compiled task has no pair');
await using bareRunner = await BareRunner.prepare(submission, mergedDiff, process.env.PATH ?? '', {
  canaries: false,
});
// Builds the base, as a layer does.
await bareRunner.run();

const measureTime = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};
const [warm, cold, floors]: [number[], number[], number[]] = [[], [], []];
for (let round = 0; round < repetitions; round += 1) {
  warm.push(await measureTime(() => evaluateWarm(compiledPair)));
  floors.push(await bareRunner.run());
  if (withCold) cold.push(await measureTime(() => evaluateCold(compiledPair)));
}
reply([
  { value: computeMedian(warm), floor: computeMedian(floors) },
  ...(withCold ? [{ value: computeMedian(warm), floor: computeMedian(cold) }] : []),
]);
