import { mustRun, type Sandbox } from '../../packages/core/dist/index.js';
import { reply } from '../child.ts';
import { buildDockerBackend, docker, sampleSpec } from './daemon.ts';

/** Measures the most memory this process takes with 100 sandboxes open at once, and as its floor what it takes before. */
const count = 100;
/** A daemon makes no more at once, however many it is asked for. */
const atOnce = 10;

const mebibytes = 1024 * 1024;
const initialBytes = process.memoryUsage.rss();
let peakBytes = initialBytes;
const watch = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, 20);

{
  await using backend = buildDockerBackend();
  const open: Sandbox[] = [];
  await runEach(async (index) => {
    open.push(await backend.create(sampleSpec(`hundred-${index}`)));
  });
  await runEach(async (index) => {
    const text = `sandbox ${index}`;
    const output = await mustRun(open[index] as Sandbox, ['sh', '-c', 'cat; head -c 100000 /dev/zero'], {
      stdin: text,
    });
    if (output.length !== text.length + 100_000) throw new Error(`${text} answered ${output.length} bytes`);
  });
  await runEach(async (index) => open[index]?.[Symbol.asyncDispose]());
}
clearInterval(watch);
const left = await docker.listContainers({
  all: true,
  filters: { name: [`cooperbench-bench-${process.pid}-`] },
});
if (left.length > 0) throw new Error(`${left.length} containers were left`);
reply({ value: peakBytes / mebibytes, floor: initialBytes / mebibytes });

async function runEach(work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
