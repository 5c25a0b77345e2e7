import { readdirSync, readFileSync } from 'node:fs';
import { countTests } from '../../packages/evaluator-tests/dist/parts.js';
import { reply } from '../child.ts';
import type { Measurement } from '../figure.ts';
import { computeMedian } from '../median.ts';

/** Measures the parsers with 20 MB of captured outputs, and as their floor the same text split into lines. */
const repetitions = 9;
const bytes = 20_000_000;

const fixtures = new URL('../../packages/evaluator-tests/src/parsers/fixtures/', import.meta.url);
const outputs = readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.txt'))
  .sort()
  .map((path) => readFileSync(new URL(path, fixtures), 'utf8'))
  .join('\n');
// Flat, as a text that was read: joined pieces would be copied within the first measurement.
const text = Buffer.from(outputs.repeat(Math.ceil(bytes / outputs.length)).slice(0, bytes)).toString();

const timesMs: number[] = [];
const floors: number[] = [];
for (let round = -1; round < repetitions; round += 1) {
  const floor = measureTime(() => text.split('\n').length);
  const time = measureTime(() => countTests(text)?.passed ?? 0);
  if (round < 0) continue;
  timesMs.push(time);
  floors.push(floor);
}
const measurement: Measurement = { value: computeMedian(timesMs), floor: computeMedian(floors) };
reply(measurement);

/** Returns the processor time that `work` takes, in ms. */
function measureTime(work: () => number): number {
  const started = process.cpuUsage();
  if (work() === 0) throw new Error('nothing was found in the text');
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}
