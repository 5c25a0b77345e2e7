import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeBatch } from '../../test-support/gcp/fake-batch.ts';
import { formatPassingResult, listFeaturesIn, passingTests } from '../passing-result.ts';
import { createRandom } from '../random.ts';

/** A fake Batch whose tasks take a while and pass. Prints its environment, then a line for each line that it reads. */
const seconds = createRandom(1);
const fake = await FakeBatch.start('plain');
fake.storage.page = 1000;
let doneCount = 0;
fake.runTask = async (directory, task) => {
  const input = await readFile(join(directory, `${task}.input`), 'utf8');
  await sleep(200 + 600 * seconds());
  const program = formatPassingResult(input.slice(input.indexOf('\n') + 1));
  const steps = listFeaturesIn(input).map((id) => `${id} 0 1 - ${passingTests.length} \n${passingTests}`);
  const result = `0 ${program.length} \n${program}${steps.join('')}`;
  await writeFile(join(directory, `${task}.result`), result);
  doneCount += 1;
};
process.stdout.write(`${JSON.stringify(fake.environment)}\n`);
process.stdin.on('data', async () => {
  process.stdout.write(
    `${JSON.stringify({ done: doneCount, jobs: fake.made.length, left: await fake.left() })}\n`,
  );
});
process.stdin.on('end', () => fake[Symbol.asyncDispose]());
