import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { writeSimulatedRun } from '@cooperbench/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { report } from '../report/report.ts';
import { readRun } from '../trials/read-run.ts';
import { exportInspect } from './export-inspect.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cooperbench-inspect-'));
  await writeSimulatedRun(root, 'x', { pairs: 12, repetitions: 2 });
});
afterAll(() => rm(root, { recursive: true }));

/** Returns the entries of a zip file, by its directory. */
function entriesOf(path: string): Map<string, string> {
  const zip = readFileSync(path);
  const end = zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  const entries = new Map<string, string>();
  let offset = zip.readUInt32LE(end + 16);
  for (let index = 0; index < zip.readUInt16LE(end + 10); index += 1) {
    const [packed = 0, length, name = 0] = [
      zip.readUInt32LE(offset + 20),
      zip.readUInt32LE(offset + 24),
      zip.readUInt16LE(offset + 28),
    ];
    const start = zip.readUInt32LE(offset + 42);
    expect(zip.toString('latin1', start, start + 4)).toBe('PK\u0003\u0004');
    const from = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
    const bytes = inflateRawSync(zip.subarray(from, from + packed));
    expect([bytes.length, crc32(bytes)]).toEqual([length, zip.readUInt32LE(offset + 16)]);
    entries.set(zip.toString('utf8', offset + 46, offset + 46 + name), bytes.toString());
    offset += 46 + name;
  }
  return entries;
}

test('a log for each setting has all trials as samples, with the verdicts and rates of the report', async () => {
  const output = join(root, 'out');
  const { files, problems } = await exportInspect(root, 'x', output);
  expect(problems).toEqual([]);
  expect(files.map((file) => file.slice(output.length))).toEqual(['/x_coop.eval', '/x_solo.eval']);
  expect((await readdir(output)).sort()).toEqual(['x_coop.eval', 'x_solo.eval']);
  const run = await readRun(root, 'x');
  const [condition] = report([run]).conditions;
  const entries = entriesOf(files[0] ?? '');
  const header = JSON.parse(entries.get('header.json') ?? '');
  expect(header).toMatchObject({
    ...{ version: 2, eval: { task: 'cooperbench_coop', model: condition?.model, config: { epochs: 2 } } },
    results: {
      total_samples: 24,
      scores: [{ metrics: { pass_rate: { value: condition?.merged.rate } } }, {}],
    },
  });
  const summaries = JSON.parse(entries.get('summaries.json') ?? '');
  const trials = run.trials.filter(({ setting }) => setting === 'coop');
  expect(summaries).toHaveLength(trials.length);
  expect(new Set(trials.map(({ verdict }) => verdict)).size).toBeGreaterThan(2);
  for (const trial of trials) {
    const sample = JSON.parse(entries.get(`samples/${trial.pair}_epoch_${trial.repetition}.json`) ?? '');
    const expected = { passed: 'C', failed: 'I' }[trial.verdict as string];
    expect(sample.scores?.both_passed.value).toBe(expected);
    expect(sample.scores?.both_passed.explanation).toBe(expected === 'I' ? trial.cause?.sentence : undefined);
    expect(sample.error !== undefined).toBe(trial.verdict === 'error');
    const seats = sample.messages.filter(
      ({ metadata }: { metadata?: object }) => metadata && 'added_by' in metadata,
    );
    expect(seats.map(({ id }: { id: string }) => id)).toEqual(trial.seats.map(({ seat }) => seat));
  }
  const [first] = trials;
  const { messages } = JSON.parse(entries.get(`samples/${first?.pair}_epoch_1.json`) ?? '');
  expect(messages.find((message: { tool_calls?: unknown }) => message.tool_calls)).toMatchObject({
    ...{
      role: 'assistant',
      tool_calls: [{ type: 'function', function: 'bash', arguments: expect.any(Object) }],
    },
  });
});
