import { expect, test } from 'vitest';
import { type CompletedCommand, listCandidates, type TypedWords } from './candidates.ts';
import { formatReplacement, listTypedWords } from './scripts.ts';

const commands: CompletedCommand[] = [
  {
    id: 'run',
    summary: 'Run agents.',
    flags: {
      agent: { type: 'option', char: 'a', summary: 'Agent.' },
      channels: { type: 'option' },
      git: { type: 'boolean', allowNo: true },
      seat: { type: 'option', multiple: true },
      secret: { type: 'boolean', hidden: true },
    },
    args: {},
  },
  {
    id: 'report',
    flags: { format: { type: 'option', options: ['csv', 'html'] } },
    args: { runs: { multiple: true } },
  },
  { id: 'show', flags: {}, args: { run: {}, trial: {} } },
  { id: 'plugins', summary: 'List plugins.', flags: { core: { type: 'boolean' } }, args: {} },
  {
    id: 'plugins create',
    summary: 'Create one.',
    flags: {},
    args: { kind: { options: ['agent', 'bus'] }, name: {} },
  },
  { id: 'config show', flags: {}, args: {} },
];
const values: Readonly<Record<string, readonly string[]>> = {
  'flag agent': ['nop', 'oracle', 'other agent', '$(reboot)', '-x'],
  'flag channels': ['git', 'messages'],
  'argument runs': ['one', 'two'],
  'argument run': ['one', 'two'],
  'argument trial': ['coop/r/1/f1_f2'],
};
const requests: TypedWords[] = [];

/** Returns what Tab offers after these words. The last one is at the cursor. */
async function tab(line: string): Promise<string[]> {
  const matches = await listCandidates(line.split(' '), commands, async (kind, name, typed) => {
    requests.push(typed);
    return values[`${kind} ${name}`] ?? [];
  });
  return matches.map(({ value }) => value);
}

test.for([
  ['', ['run', 'report', 'show', 'plugins', 'config']],
  ['r', ['run', 'report']],
  ['config ', ['show']],
  ['plugins ', ['create']],
  ['plugins --', ['--core', '--help']],
  ['unknown ', []],
  ['plugins create ', ['agent', 'bus']],
  ['plugins create agent ', []],
  ['run ', []],
  ['run --', ['--agent', '--channels', '--git', '--no-git', '--seat', '--help']],
  ['run --git --seat a --', ['--agent', '--channels', '--seat', '--help']],
  ['run --agent ', ['nop', 'oracle']],
  ['run -a o', ['oracle']],
  ['run --git --agent=n', ['--agent=nop']],
  ['run --agent nop --ch', ['--channels']],
  ['run --channels ', ['git', 'messages']],
  ['run --channels git,', ['git,messages']],
  ['report --format ', ['csv', 'html']],
  ['report --format csv one ', ['two']],
  ['show ', ['one', 'two']],
  ['show one ', ['coop/r/1/f1_f2']],
  ['show one x ', []],
] as const)('"%s" offers %j', async ([line, expected]) => {
  expect(await tab(line)).toEqual(expected);
});

test('a source of values sees what is typed before', async () => {
  await tab('run -a nop --seat=agent1=oracle x --channels ');
  expect(requests.at(-1)).toEqual({ flags: { agent: 'nop', seat: 'agent1=oracle' }, args: ['x'] });
});

test('bash splits words at an equals sign, and replaces only what follows', () => {
  expect(listTypedWords('bash', ['run', '--agent', '=', 'n'])).toEqual(['run', '--agent=n']);
  expect(listTypedWords('bash', ['run', '--agent', '='])).toEqual(['run', '--agent=']);
  expect(listTypedWords('zsh', ['run', '--agent=n'])).toEqual(['run', '--agent=n']);
  expect(formatReplacement('bash', '--agent=nop')).toBe('nop');
  expect(formatReplacement('fish', '--agent=nop')).toBe('--agent=nop');
});
