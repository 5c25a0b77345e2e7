import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { maxFileBytes } from '@cooperbench/core/read-file';
import { expect, test } from 'vitest';
import { logDirectory } from './run.test.support.ts';
import { readSlice } from './slices.ts';
import { indexTrajectory } from './trajectory-index.ts';

const nasty = 'quote " backslash \\ both \\" end \\\\ { [ ] } "messages": [ ü 😀 \u0000';
const messages = [
  { role: 'system', content: nasty, timestamp: 1 },
  { role: 'assistant', content: nasty, tool_calls: [{ name: 'bash', arguments: { command: nasty } }] },
  { role: 'tool', content: nasty },
  { content: nasty, role: 'assistant', deep: { messages: [{ role: 'x' }] } },
];

async function indexed(content: string) {
  const path = join(logDirectory({ 't.json': content }), 't.json');
  const index = await indexTrajectory(path);
  const read = async (slice: number) => (await readSlice(path, index, slice, 0)).messages;
  return { index, read };
}

test.for<[string, string]>([
  [
    'an object, indented as we write it',
    JSON.stringify({ seat: 'a', more: [{ a: '}' }], messages }, null, 2),
  ],
  [
    'an object without spaces',
    JSON.stringify({ info: { messages: [{ role: 'no' }] }, messages, status: [] }),
  ],
  ['a list', JSON.stringify(messages)],
])('finds every message in %s', async ([, content]) => {
  const { index, read } = await indexed(content);
  expect(index.problem).toBeNull();
  expect(index.entries.map(({ message, entry }) => [message, entry.role])).toEqual([
    [0, 'system'],
    [1, 'assistant'],
    [2, 'tool'],
    [3, 'assistant'],
  ]);
  const matches = await read(0);
  expect(matches.map(({ role, text }) => [role, text])).toEqual(
    messages.map(({ role, content }) => [role, content]),
  );
  expect(matches[1]?.tool_calls).toEqual([{ name: 'bash', arguments: { text: nasty, left_out: 0 } }]);
});

test('a result names the call that it answers, even when other results came between, and its text names none', async () => {
  const call = (id: string, name: string) => ({ role: 'assistant', content: '', tool_calls: [{ id, name }] });
  const fake = '","tool_call_id":"one"';
  const long = 'x'.repeat(5000);
  const { read } = await indexed(
    JSON.stringify([
      ...[call('one', 'bash'), call('two', 'read')],
      { role: 'tool', content: long, tool_call_id: 'two' },
      { role: 'tool', content: fake },
      { content: 'of one', tool_call_id: 'one', timestamp: 3, role: 'tool' },
      // The provider counts calls anew in each answer.
      call('one', 'write'),
      { role: 'tool', name: 'write', tool_call_id: 'one', content: `${fake}${long}` },
      { role: 'tool', content: '', tool_call_id: 'unknown' },
    ]),
  );
  expect((await read(0)).map(({ answers }) => answers && `${answers.name} ${answers.message}`)).toEqual([
    ...[null, null, 'read 1', null, 'bash 0'],
    ...[null, 'write 5', null],
  ]);
});

test('a large trajectory becomes slices that together are all of it', async () => {
  const many = Array.from({ length: 300 }, (_, index) => ({
    role: 'tool',
    content: `${index} ${'x'.repeat(5000)}`,
  }));
  const { index, read } = await indexed(JSON.stringify({ messages: many }));
  expect(index.slices.length).toBeGreaterThan(3);
  expect(index.slices[0]).toBe(0);
  const all = (await Promise.all(index.slices.map((_, slice) => read(slice)))).flat();
  expect(all.map((message) => message.index)).toEqual(many.map((_, place) => place));
  expect(all[299]?.text).toBe(many[299]?.content);
});

test('a huge message is cut, and says how much of it is left out', async () => {
  const { read } = await indexed(JSON.stringify([{ role: 'tool', content: 'x'.repeat(1_000_000) }]));
  const [message] = await read(0);
  expect(message?.left_out).toBe(600_000);
  expect(message?.text.length).toBe(400_000);
});

test.for([
  ['{"messages":[{"role":"user","content":"a"},{"role":"us', 1],
  ['{"messages":[{"role":"user"}', 1],
  ['', 0],
  ['null', 0],
  ['{"messages":"none"}', 0],
] as const)('of a file that is cut off or no trajectory, %j, has what is whole', async ([content, count]) => {
  const { index } = await indexed(content);
  expect(index.starts.length).toBe(count);
  expect(index.problem).toBe('The file does not contain a whole trajectory.');
});

test('a file that is missing has nothing', async () => {
  const index = await indexTrajectory(join(logDirectory(), 'none.json'));
  expect(index).toMatchObject({ bytes: 0, slices: [], problem: 'The file is missing.' });
});

test('a file that is too large, or is none, is not read', async () => {
  const folder = logDirectory({ 'large.json': '' });
  truncateSync(join(folder, 'large.json'), maxFileBytes + 1);
  symlinkSync('/dev/zero', join(folder, 'endless.json'));
  const problem = async (name: string) => (await indexTrajectory(join(folder, name))).problem;
  expect(await problem('large.json')).toBe('it has 256 MiB, and at most 256 MiB are read');
  expect(await problem('endless.json')).toContain('ELOOP');
  expect(await problem('none.json')).toBe('The file is missing.');
});

test('a time that is cut off at the beginning of a message is read at its end', async () => {
  for (let length = 370; length < 450; length += 1) {
    const { index } = await indexed(
      JSON.stringify([
        { role: 'assistant', content: '', timestamp: 1763967740 },
        { role: 'tool', content: 'x'.repeat(length), tool_call_id: 'a', timestamp: 1763967745.25 },
        { role: 'assistant', content: '', timestamp: 1763967750 },
      ]),
    );
    expect(index.entries[1]?.entry).toMatchObject({ tool_call_id: 'a', timestamp: 1763967745.25 });
  }
});
