import { mustRun } from '../../packages/core/dist/index.js';
import { reply } from '../child.ts';
import { computeMedian } from '../median.ts';
import { buildDockerBackend, docker, runBareExec, sampleSpec } from './daemon.ts';

/** Measures `true` in a sandbox, and as its floor the bare calls in the same container. */
const repetitions = 40;

await using backend = buildDockerBackend();
await using sandbox = await backend.create(sampleSpec('exec'));
const container = docker.getContainer(sandbox.id);
const values: number[] = [];
const floors: number[] = [];
for (let round = -3; round < repetitions; round += 1) {
  const started = performance.now();
  await mustRun(sandbox, ['true']);
  const between = performance.now();
  await runBareExec(container, ['true']);
  const endMs = performance.now();
  if (round < 0) continue;
  values.push(between - started);
  floors.push(endMs - between);
}
reply({ value: computeMedian(values), floor: computeMedian(floors) });
