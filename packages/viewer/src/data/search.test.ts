import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Documents } from './documents.ts';
import { logDirectory, pairFiles, runFiles, trial, write } from './run.test.support.ts';
import { searchTexts } from './search.ts';
import { readSearchIndex } from './search-index.ts';

const other = trial.replace('f1_f2', 'f1_f3');

/** Returns a run with two trials, and what finds texts in it. */
function searchable() {
  const logs = logDirectory({ ...runFiles('run'), ...runFiles('run', pairFiles, other) });
  const find = async (
    text: string,
    only?: string,
    documents = new Documents({ logsDir: logs, version: '1' }),
  ) => (await documents.search('run', text, only)).trials;
  return { logs, find, index: join(logs, 'run/.search-index') };
}

test.each([
  ['a command', 'FROM_AGENT1 = 1" >>', { in: 'trajectory', seat: 'agent1', index: 3 }],
  ['output of a command', 'ran "echo', { in: 'trajectory', seat: 'agent1', index: 4 }],
  ['a message', "won't touch b.py", { in: 'conversation', index: 0 }],
  ['a patch', '+from_agent2', { in: 'diffs', side: 'agent2', path: 'src/a.py' }],
  ['output of tests', 'AssertionError: no', { in: 'tests', id: 'alone-agent2' }],
])('finds %s', async (_, text, place) => {
  const { find } = searchable();
  const trials = await find(text);
  expect(trials.map((one) => one.trial)).toEqual([trial, other]);
  expect(trials[0]?.found.map((foundText) => foundText.place)).toContainEqual(place);
  const [before, match, after] = trials[0]?.found[0]?.excerpt ?? ['', '', ''];
  expect(match.toLowerCase()).toBe(text.toLowerCase());
  expect(`${before}${match}${after}`).not.toContain('\n\n');
});

test('finds a text beside others of several bytes, in one trial alone, and nothing without a text', async () => {
  const { logs, find } = searchable();
  write(logs, {
    [`run/${other}/agent1_traj.json`]: { messages: [{ role: 'assistant', content: 'é 日本 Ende→' }] },
  });
  expect(await find('日本 ende', other)).toEqual([
    {
      ...{ trial: other, count: 1 },
      found: [{ place: { in: 'trajectory', seat: 'agent1', index: 0 }, excerpt: ['é ', '日本 Ende', '→'] }],
    },
  ]);
  expect(await find('日本', trial)).toEqual([]);
  expect(await find('  ')).toEqual([]);
});

test('a message is found at its own place, whatever is beside it', async () => {
  const { logs, find } = searchable();
  write(logs, {
    [`run/${trial}/agent1_traj.json`]: {
      messages: [null, 'no message', { role: 'user', content: 'the third' }],
    },
  });
  const trials = await find('the third');
  expect(trials.map(({ found }) => found[0]?.place)).toEqual([
    { in: 'trajectory', seat: 'agent1', index: 2 },
  ]);
});

test('writes an index, and reads only trials again that changed', async () => {
  const { logs, find, index } = searchable();
  const documents = new Documents({ logsDir: logs, version: '1' });
  await find('Done.', undefined, documents);
  const written = readFileSync(index);
  await find('Done.', undefined, documents);
  expect(readFileSync(index)).toEqual(written);
  write(logs, { [`run/${trial}/agent1.patch`]: 'diff --git a/new b/new\n+++ b/new\n+fresh words\n' });
  for (const one of [documents, undefined])
    expect((await find('fresh words', undefined, one)).map(({ count }) => count)).toEqual([1]);
  rmSync(join(logs, 'run', other), { recursive: true });
  expect((await find('Done.', undefined, documents)).map((foundTrialTexts) => foundTrialTexts.trial)).toEqual(
    [trial],
  );
});

test('an index of another release, a broken one and a link are made again', async () => {
  const { logs, find, index } = searchable();
  const all = await find('Done.');
  const good = readFileSync(index);
  const broken = Buffer.from(good);
  broken.fill(0, good.indexOf(0x28));
  for (const content of [Buffer.from('cooperbench search index 9\n[]'), broken, good.subarray(0, -20)]) {
    writeFileSync(index, content);
    expect(await find('Done.')).toEqual(all);
  }
  rmSync(index);
  symlinkSync('/etc/hostname', index);
  expect(await find('Done.')).toEqual(all);
  expect(readFileSync('/etc/hostname', 'latin1')).not.toContain('cooperbench');
  expect(logs).not.toBe('');
});

test('what the index has no room for is said: texts of a trial, ends of texts, and whole trials', async () => {
  const { logs } = searchable();
  const long = 'x'.repeat(1024 * 1024);
  const contents = [...Array.from({ length: 90 }, () => long), 'the last words'];
  write(logs, {
    [`run/${other}/agent1_traj.json`]: { messages: contents.map((content) => ({ role: 'tool', content })) },
  });
  const documents = new Documents({ logsDir: logs, version: '1' });
  // 400,000 characters of each are kept, so 83 of them fill 32 MiB: none of the 90 is whole, and the 9 texts after them are not there.
  const { trials, ...counts } = await documents.search('run', 'the last words');
  expect(trials).toEqual([]);
  expect(counts).toEqual({
    ...{ schema_version: 1, searched: 2, unsearched_trials: 0, unsearched_texts: 90 + 9, problems: [] },
  });
  expect(await documents.search('run', 'Done.', trial)).toMatchObject({ searched: 1, unsearched_texts: 0 });
  const directory = join(logs, 'run');
  rmSync(join(directory, '.search-index'));
  const [first] = await readSearchIndex(directory, undefined);
  rmSync(join(directory, '.search-index'));
  const small = await readSearchIndex(directory, undefined, first?.block.length);
  expect(small.map(({ block }) => block.length > 0)).toEqual([true, false]);
  expect(await searchTexts(small, 'Done.')).toMatchObject({ searched: 1, unsearched_trials: 1 });
  // The trial without room is not read again, unless another has gone.
  expect(await readSearchIndex(directory, small)).toEqual(small);
  rmSync(join(directory, trial), { recursive: true });
  expect((await readSearchIndex(directory, small)).map(({ id, block }) => [id, block.length > 0])).toEqual([
    [other, true],
  ]);
});
