import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTrials } from '@cooperbench/records';
import { html, latex, markdown, readStoryOfTrial, report, type Trial } from '@cooperbench/report';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

/*
 * Every key of every file that readers of runs use is deleted, made null, and given a value of another type, one at a time.
 * Each mutated trial is a repetition of one pair, so that one command reads hundreds of them.
 */
const scratch: Scratch = createScratch(afterAll);
const wholeText = 'coop/shell_task/1/f1_f2';
const onLogs = (...args: string[]) => cooperbench(scratch, [...args, '--log-dir', scratch.logs]);

interface Mutation {
  readonly what: string;
  readonly value: unknown;
}

/** Returns a value of another type. A text in the place of a flag or a number counts as true, and adds up to a text. */
function another(value: unknown): unknown {
  if (typeof value === 'string') return 7;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null ? { a: 1 } : 'text';
}

function* mutations(value: unknown, path = ''): Generator<Mutation> {
  yield { what: `${path || 'all'} null`, value: null };
  yield { what: `${path || 'all'} another`, value: another(value) };
  if (typeof value !== 'object' || value === null) return;
  const seenNames = new Set<string>();
  for (const [key, child] of Object.entries(value)) {
    const write = (changed: unknown): unknown =>
      Object.assign(Array.isArray(value) ? [] : {}, value, { [key]: changed });
    // Of siblings with the same keys, such as two seats, one is enough.
    const keys = typeof child === 'object' && child !== null && Object.keys(child).join();
    const isKnown = keys && seenNames.has(keys);
    if (keys) seenNames.add(keys);
    for (const inner of isKnown ? [] : mutations(child, `${path}/${key}`))
      yield { ...inner, value: write(inner.value) };
    if (Array.isArray(value)) continue;
    const { [key]: _, ...rest } = value as Record<string, unknown>;
    yield { what: `${path}/${key} deleted`, value: rest };
  }
}

const seconds = 1_790_000_000;
const conversation = [
  {
    from: 'agent1',
    to: 'agent2',
    message: 'Who edits lib.txt?',
    timestamp: seconds,
    feature_id: 1,
    received: false,
  },
  { from: 'agent2', to: 'all', message: 'I do.', timestamp: seconds + 5, delivered: true },
];
const call = { id: '1', function: { name: 'bash', arguments: { command: 'send_message agent2 hi' } } };
const trajectory = {
  messages: [
    { role: 'user', content: 'Do it.', timestamp: seconds },
    {
      role: 'assistant',
      content: 'Yes.',
      timestamp: seconds + 1,
      output_tokens: 5,
      cost: 0.1,
      tool_calls: [call],
    },
  ],
};
const time = new Date(seconds * 1000).toISOString();
const more = [
  { type: 'step', seat: 'agent1', steps: 1, message: 1, cost: 0.1, cost_known: true },
  { type: 'answer', seat: 'agent1', message: 1, text: 'ls' },
  {
    type: 'message',
    id: '1',
    from: 'agent1',
    to: 'agent2',
    text: 'Who?',
    accepted: true,
    accepted_by: ['agent2'],
  },
  { type: 'message_delivered', id: '1', seat: 'agent2' },
  { type: 'message_returned', id: '1', seat: 'agent2' },
  {
    type: 'git',
    seat: 'agent1',
    service: 'push',
    exit_code: 0,
    refs: [{ name: 'x', from: null, to: 'abc' }],
  },
  { type: 'activity', seat: 'agent1', channel: 'tasks', text: 'took one' },
];
const label = {
  name: 'commitment',
  supported: true,
  quotes: [{ message: 1, from: 'agent1', text: 'Who edits lib.txt?' }],
};
const pass = {
  labels: [label],
  cost: 0.1,
  cost_known: true,
  input_tokens: 1,
  output_tokens: 1,
  analyzed_at: time,
};
const analysis = {
  schema_version: 1,
  analyses: [{ model: 'm', rubric: 1, content_hash: 'x', outcome: 'y', passes: [pass, pass] }],
};

/** By repetition, what was changed in which file. */
const mutated = new Map<number, string>();

beforeAll(async () => {
  const dataset = shellDataset(join(scratch.root, 'dataset'));
  const run = [
    'run',
    '-n',
    'x',
    '-a',
    'oracle',
    '-m',
    'none',
    '--backend',
    'local',
    '--dataset-dir',
    dataset,
  ];
  expect(await onLogs(...run)).toMatchObject({ code: 0, stderr: '' });
  const trial = join(scratch.logs, 'x', wholeText);
  const json = (name: string): unknown => JSON.parse(readFileSync(join(trial, name), 'utf8'));
  const evaluation = json('eval.json') as { features_results: Record<string, object> };
  const failed = { passed: false, exit_code: 1, tests_passed: 0, tests_failed: 1, missing_tests: ['a'] };
  const verdict = {
    ...evaluation,
    ...{ both_passed: false, overall_success: false, dropped: [{ seat: 'agent1', path: 'x', rule: 'y' }] },
    features_results: { ...evaluation.features_results, 2: { ...evaluation.features_results[2], ...failed } },
  };
  const lines = readFileSync(join(trial, 'events.jsonl'), 'utf8').trimEnd().split('\n');
  const events = [...lines.map((line) => JSON.parse(line)), ...more.map((event) => ({ ...event, time }))];
  const text = (values: readonly unknown[]): string =>
    values.map((value) => `${JSON.stringify(value)}\n`).join('');
  const files: Record<string, unknown> = {
    ...{ 'eval.json': verdict, 'agent1_traj.json': trajectory, 'agent2_traj.json': trajectory },
    ...{ 'conversation.json': conversation, 'analysis.json': analysis },
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(trial, name), JSON.stringify(content));
  writeFileSync(join(trial, 'events.jsonl'), text(events));

  const names = readdirSync(trial);
  const put = (subject: string, name: string, content: string | undefined): void => {
    const repetition = mutated.size + 2;
    mutated.set(repetition, `${name} ${subject}`);
    const folder = `${trial}@${repetition}`;
    mkdirSync(folder);
    for (const file of names) linkSync(join(trial, file), join(folder, file));
    // With events, nobody reads the conversation.
    if (name === 'conversation.json') rmSync(join(folder, 'events.jsonl'));
    rmSync(join(folder, name));
    if (content === undefined) mkdirSync(join(folder, name));
    else writeFileSync(join(folder, name), content);
  };
  for (const [name, content] of Object.entries({ ...files, 'result.json': json('result.json') }))
    for (const { what, value } of mutations(content)) put(what, name, JSON.stringify(value));
  const kinds = events.map(({ type }) => type);
  for (const [index, event] of events.entries()) {
    if (kinds.indexOf(event.type) < index) continue;
    for (const { what, value } of mutations(event))
      put(`${event.type} ${what}`, 'events.jsonl', text(events.with(index, value)));
  }
  for (const name of [...Object.keys(files), 'result.json', 'events.jsonl', 'agent1.patch']) {
    put('a directory', name, undefined);
    put('cut', name, readFileSync(join(trial, name), 'utf8').slice(0, 40));
  }
});

/** Returns what no figure and no sentence contains, in the words around it. */
function wrongIn(text: string): string[] {
  return text.match(/.{0,80}(?:NaN|undefined|\[object|Infinity).{0,40}/g) ?? [];
}

test('a trial keeps its verdict, or has none and its file is named', async () => {
  const problems: string[] = [];
  const valuesByKey = new Map<number, Trial>();
  for (const trial of await readTrials(join(scratch.logs, 'x'), (path) => problems.push(path))) {
    const { tests: _, ...story } = await readStoryOfTrial('x', trial);
    expect(wrongIn(JSON.stringify(story)), mutated.get(trial.repetition)).toEqual([]);
    valuesByKey.set(trial.repetition, story.trial);
    problems.push(...story.problems);
  }
  const named = (id: string): boolean => problems.some((problem) => problem.includes(`${id}/`));
  const original = valuesByKey.get(1);
  expect(original).toMatchObject({ verdict: 'failed', overall: false, cause: { name: 'semantic_conflict' } });
  for (const [repetition, subject] of mutated) {
    const id = `${wholeText}@${repetition}`;
    const trial = valuesByKey.get(repetition);
    if (trial === undefined) expect(named(id), subject).toBe(true);
    else if (trial.verdict === 'error') expect(trial.cause?.sentence, subject).toContain(`${id}/result.json`);
    else if (trial.verdict === 'none') expect(named(id), subject).toBe(true);
    else expect([trial.verdict, trial.overall ?? false], subject).toEqual(['failed', false]);
    if (trial && trial.verdict !== 'failed') expect(trial.overall, subject).toBeNull();
    // Of the cut file, no event is left, and the conversation takes its place.
    if (/^events\.jsonl (?!cut)/.test(subject) && !named(id))
      expect(trial?.talk, subject).toEqual(original?.talk);
  }
  const made = report([
    { name: 'x', directory: '', trials: [...valuesByKey.values()], discarded_costs: {}, problems },
  ]);
  for (const text of [JSON.stringify(made), markdown(made), latex(made), html(made)])
    expect(wrongIn(text)).toEqual([]);
});

test.for([
  ['show', 'x'],
  ['show', 'x', `${wholeText}@2`],
  ['analyze', 'x', '--model', 'scripted/judge.json'],
])('%j reads them all', async (command) => {
  writeFileSync(join(scratch.root, 'judge.json'), JSON.stringify({ scripts: [{ turns: [{ say: '{}' }] }] }));
  const { code, stdout, stderr } = await onLogs(...command);
  // Without --yes, no model is asked.
  expect(code).toBe(command[0] === 'analyze' ? 2 : 0);
  expect(wrongIn(stdout)).toEqual([]);
  expect(wrongIn(stderr)).toEqual([]);
  expect(stderr).not.toContain('bug in cooperbench');
});

test('the runs are listed, and what cannot be used of their summaries is named', async () => {
  const logs = join(scratch.root, 'summaries');
  const names: string[] = [];
  for (const file of ['summary.json', 'config.json'])
    for (const { value } of mutations(JSON.parse(readFileSync(join(scratch.logs, 'x', file), 'utf8')))) {
      const name = `run${names.length}`;
      names.push(name);
      mkdirSync(join(logs, name), { recursive: true });
      const other = file === 'config.json' ? 'summary.json' : 'config.json';
      linkSync(join(scratch.logs, 'x', other), join(logs, name, other));
      writeFileSync(join(logs, name, file), JSON.stringify(value));
    }
  const { code, stdout, stderr } = await cooperbench(scratch, ['list', 'runs', '--log-dir', logs]);
  expect(code).toBe(0);
  expect(wrongIn(stdout)).toEqual([]);
  const rows = new Map(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => [line.split('\t')[0], line]),
  );
  expect([...rows.keys()].sort()).toEqual(names.sort());
  for (const [name, row] of rows)
    if (!stderr.includes(`/${name}/`)) expect(row).toMatch(/^\w+\t(coop\t1\t|\t\tn\/a)/);
});
