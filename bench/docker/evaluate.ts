import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Submission } from '../../packages/core/dist/index.js';
import { answer } from '../child.ts';
import { judgeOn, pairs } from '../evaluation/golden.ts';
import { median } from '../median.ts';
import { bareExec, dockerBackend, withContainer } from './daemon.ts';

/**
 * Measures a pair of every sample task, one at a time and then many at once, and as its floor a container made, started
 * and removed in which one exec makes the same calls of the runner.
 */
const repetitions = 5;
const many = { submissions: 40, atOnce: 10 };

await using backend = dockerBackend();
const judge = await judgeOn(backend);
const scripts = new Map<Submission, string>();
for (const submission of pairs)
  scripts.set(submission, bareCalls(submission, (await judge(submission)).mergedDiff));

const one = { value: 0, floor: 0 };
for (const submission of pairs) {
  const values: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < repetitions; round += 1) {
    values.push((await judge(submission)).time);
    floors.push(await timed(() => bare(submission)));
  }
  one.value += median(values) / pairs.length;
  one.floor += median(floors) / pairs.length;
}
answer([one, { value: await timed(() => atOnce(judge)), floor: await timed(() => atOnce(bare)) }]);

async function bare(submission: Submission): Promise<void> {
  await withContainer(submission.task.image, async (container) => {
    const exitCode = await bareExec(container, ['sh'], scripts.get(submission));
    if (exitCode !== 0) throw new Error(`the floor of ${submission.id} exited ${exitCode}`);
  });
}

/** Merged and individual, one after another; between them the repository is put back. */
function bareCalls({ task, patches, features }: Submission, mergedDiff: string): string {
  const file = (name: string, content: string | Uint8Array): string =>
    `base64 -d > /patches/${name} <<'E'\n${Buffer.from(content as string).toString('base64')}\nE\n`;
  const calls = [
    ...features.map((id) => [id, 'merged'] as const),
    ...features.map((id) => [id, `own-${id}`] as const),
  ];
  return [
    'cd /workspace/repo\n',
    file('merged', mergedDiff),
    ...patches.map(({ patch, features: [id] }) => file(`own-${id}`, patch)),
    ...features.map((id) =>
      file(`tests-${id}`, readFileSync(join(task.directory, `feature${id}/tests.patch`))),
    ),
    ...calls.map(
      ([id, patch]) =>
        // Tests that fail exit 1; anything else did not get as far as to run them.
        `runner.sh tests-${id} ${patch} < /dev/null\n[ $? -le 1 ] || exit 9\ngit reset -q --hard && git clean -ffdq || exit 9\n`,
    ),
  ].join('');
}

async function atOnce(work: (submission: Submission) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < many.submissions) {
      const submission = pairs[next % pairs.length];
      next += 1;
      if (submission) await work(submission);
    }
  };
  await Promise.all(Array.from({ length: many.atOnce }, worker));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
