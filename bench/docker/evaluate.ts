import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FileContent, readContent, type Submission } from '../../packages/core/dist/index.js';
import { reply } from '../child.ts';
import { createEvaluatorOn, pairs } from '../evaluation/golden.ts';
import { computeMedian } from '../median.ts';
import { buildDockerBackend, runBareExec, withContainer } from './daemon.ts';

/**
 * Measures a pair of every sample task, one at a time and then many at once. The floor of a pair is, for each tree under
 * test, a container created, started and removed, side by side. Each call of the runner is an exec of its own, because only
 * then the daemon says how it ended. One more call of the first feature's tests stands for the canary's run, as in the figure
 * `evaluation`. The network of its containers is filtered, as that of sandboxes is; what that costs is measured apart.
 */
const repetitions = 5;
const manySubmissions = { submissions: 40, atOnce: 10 };
const containers = 20;

await using backend = buildDockerBackend();
const evaluate = await createEvaluatorOn(backend, manySubmissions.atOnce);
const trees = new Map<Submission, readonly (readonly string[])[]>();
for (const submission of pairs)
  trees.set(submission, listBareCalls(submission, (await evaluate([submission]))[0]?.mergedDiff ?? ''));

const singleResult = { value: 0, floor: 0 };
for (const submission of pairs) {
  const values: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < repetitions; round += 1) {
    values.push(await measureTime(() => evaluate([submission])));
    floors.push(await measureTime(() => evaluateBare([submission])));
  }
  singleResult.value += computeMedian(values) / pairs.length;
  singleResult.floor += computeMedian(floors) / pairs.length;
}
const allSubmissions = Array.from(
  { length: manySubmissions.submissions },
  (_, index) => pairs[index % pairs.length] as Submission,
);
const manyResult = {
  value: await measureTime(() => evaluate(allSubmissions)),
  floor: await measureTime(() => evaluateBare(allSubmissions)),
};
const isolated: number[] = [];
const sharedTimes: number[] = [];
for (let round = 0; round < containers; round += 1) {
  isolated.push(await measureTime(() => measureUsed(true)));
  sharedTimes.push(await measureTime(() => measureUsed(false)));
}
reply([singleResult, manyResult, { value: computeMedian(isolated), floor: computeMedian(sharedTimes) }]);

async function measureUsed(filtered: boolean): Promise<void> {
  await withContainer((pairs[0] as Submission).task.image, filtered, async (container) => {
    await runBareExec(container, ['true']);
  });
}

async function evaluateBare(submissions: readonly Submission[]): Promise<void> {
  const waitingPatches = submissions.flatMap((submission) =>
    (trees.get(submission) ?? []).map((scripts) => ({ submission, scripts })),
  );
  const worker = async (): Promise<void> => {
    for (let tree = waitingPatches.shift(); tree; tree = waitingPatches.shift()) {
      const { submission, scripts } = tree;
      await withContainer(submission.task.image, true, async (container) => {
        for (const script of scripts) {
          const exitCode = await runBareExec(container, ['sh'], script);
          if (exitCode !== 0) throw new Error(`the floor of ${submission.id} exited ${exitCode}`);
        }
      });
    }
  };
  await Promise.all(Array.from({ length: manySubmissions.atOnce }, worker));
}

/** Lists the scripts of each tree, one for each call of the runner: the merged tree, then each seat's own. */
function listBareCalls({ task, patches, features }: Submission, mergedDiff: string): string[][] {
  const file = (name: string, content: FileContent): string =>
    `base64 -d > /patches/${name} <<'E'\n${Buffer.concat([...readContent(content)]).toString('base64')}\nE\n`;
  const tests = (id: number): Buffer => readFileSync(join(task.directory, `feature${id}/tests.patch`));
  const tree = (patch: FileContent, tested: readonly number[]): string[] => {
    const files = [file('tree', patch), ...tested.map((id) => file(`tests-${id}`, tests(id)))].join('');
    return [...tested, ...tested.slice(0, 1)].map((id, index) =>
      [
        index === 0 ? files : 'cd /workspace/repo && git reset -q --hard && git clean -ffdq || exit 9\n',
        // Tests that fail exit 1; anything else did not get as far as to run them.
        `cd /workspace/repo && runner.sh tests-${id} tree < /dev/null\n[ $? -le 1 ] || exit 9\n`,
      ].join(''),
    );
  };
  return [tree(mergedDiff, features), ...patches.map(({ patch, features }) => tree(patch, features))];
}

async function measureTime(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
