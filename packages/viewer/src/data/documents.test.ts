import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Report, rubricVersion } from '@cooperbench/report';
import { expect, test } from 'vitest';
import { Documents } from './documents.ts';
import {
  type DiffsDocument,
  type PairDocument,
  type RunDocument,
  type RunsDocument,
  type SliceDocument,
  urls,
} from './model.ts';
import { logDirectory, pairFiles, runFiles, startedAt, trial, write } from './run.test.support.ts';

const documentsOf = (logsDir: string): Documents => new Documents({ logsDir, version: '1.2.3' });

const makePipe = (path: string): unknown => execFileSync('sh', ['-c', 'mkfifo "$0"', path]);

async function made<T>(documents: Documents, url: string): Promise<T> {
  return JSON.parse((await documents.make(url)).json);
}

test('the list has every run with what its summaries say, and what is not known as null', async () => {
  const logs = logDirectory({
    // Of the Python original.
    'before/config.json': { setting: 'solo' },
    'before/summary.json': { total_tasks: 1, pass_rate: 0 },
    'before/solo/a_task/1/f1_f2/result.json': { agent: { status: 'Submitted', cost: 1 }, total_cost: 1 },
    'before/solo/a_task/1/f1_f2/eval.json': { both_passed: true, error: null },
    'old/config.json': {
      created_at: '2026-11-01T00:00:00Z',
      settings: { coop: { identity: { agent: 'mini', model: 'm' } } },
    },
    'old/summary.json': {
      by_setting: { coop: { total_tasks: 3, total_cost: 2, cost_known: false } },
      eval: { by_setting: { coop: { passed: 1, failed: 1, errors: 1, pass_rate: 0.5 } } },
    },
    'new/config.json': {
      created_at: '2026-11-02T00:00:00Z',
      settings: {
        coop: {
          identity: { agent: 'mini', model: null },
          seats: { agent1: { agent: 'mini', model: 'gpt-5' }, agent2: { agent: 'mini', model: 'claude' } },
        },
      },
    },
    'new/summary.json': { by_setting: { coop: { total_tasks: 0 } } },
    // A command that was killed spent this after the summary.
    'new/ledger.jsonl': '{"trial":"coop/a_task/1/f1_f2","run_id":"0","cost":0.5}\n',
  });
  utimesSync(join(logs, 'new/summary.json'), 1, 1);
  symlinkSync('/etc', join(logs, 'link'));
  const { version, runs } = await made<RunsDocument>(documentsOf(logs), urls.runs);
  expect(version).toBe('1.2.3');
  expect(runs).toEqual([
    {
      ...{ name: 'new', created_at: '2026-11-02T00:00:00Z', running: false, problem: null, problems: [] },
      settings: [
        {
          ...{ setting: 'coop', agent: 'mini', model: 'gpt-5 + claude', trials: 0 },
          ...{ passed: null, failed: null, errors: null, pass_rate: null, cost: 0.5 },
        },
      ],
    },
    {
      name: 'old',
      created_at: '2026-11-01T00:00:00Z',
      running: false,
      settings: [
        {
          ...{ setting: 'coop', agent: 'mini', model: 'm', trials: 3, passed: 1, failed: 1, errors: 1 },
          ...{ pass_rate: 0.5, cost: null },
        },
      ],
      ...{ problem: null, problems: [] },
    },
    {
      ...{ name: 'before', created_at: null, running: false, problem: null, problems: [] },
      settings: [
        {
          ...{ setting: 'solo', agent: null, model: null, trials: 1, passed: 1, failed: 0, errors: 0 },
          ...{ pass_rate: 1, cost: 1 },
        },
      ],
    },
    {
      ...{ name: 'link', created_at: null, running: false, settings: [] },
      ...{ problem: expect.stringContaining('link is not a folder.'), problems: [] },
    },
  ]);
});

test('a run has a row for each trial, and a trial of a strange shape hides no other', async () => {
  const logs = logDirectory({
    ...runFiles('run'),
    'run/coop/a_task/1/f1_f3/result.json': { agents: {} },
    'run/coop/a_task/1/f1_f3/eval.json': { both_passed: false, individual: { agent1: null } },
    'run/coop/a_task/1/f1_f2@2/result.json': { agents: {} },
    'run/coop/a_task/1/f1_f2@2/eval.json': { both_passed: false, individual: { agent1: null } },
    'run/coop/a_task/1/f1_f4/result.json': '{"cut',
  });
  const { pairs, problems } = await made<RunDocument>(documentsOf(logs), urls.run('run'));
  expect(pairs).toMatchObject([
    {
      ...{ id: trial, setting: 'coop', pair: 'a_task/1/f1_f2', verdict: 'failed', overall: false },
      ...{ individual: { agent1: true, agent2: false }, merge: { status: 'conflicts', strategy: null } },
      ...{ cause: { name: 'own_feature_failed' }, cost: 0.04, steps: 4, messages: 2, seconds: 60, empty: [] },
      statuses: { agent1: 'Completed', agent2: 'Completed' },
    },
    { id: `${trial}@2`, verdict: 'none', overall: null, cost: null },
    { id: 'coop/a_task/1/f1_f3', verdict: 'none' },
  ]);
  expect(problems.map((problem) => /f1_f[\d@]+/.exec(problem)?.[0]).sort()).toEqual([
    ...['f1_f2@2', 'f1_f3', 'f1_f4'],
  ]);
  const pair = await made<PairDocument>(documentsOf(logs), urls.pair('run', trial));
  expect(pair.siblings.map(({ id, verdict }) => [id, verdict])).toEqual([[`${trial}@2`, 'none']]);
});

test('a pair has lanes on one clock, messages with their fate, collisions, promises and the cause in clauses', async () => {
  const documents = documentsOf(logDirectory(runFiles('run')));
  const pair = await made<PairDocument>(documents, urls.pair('run', trial));
  expect(pair.clock).toEqual({ start: startedAt, seconds: 50 });
  expect(pair.lanes.map(({ seat, start, end }) => [seat, start, end])).toEqual([
    ['agent1', 1, 40],
    ['agent2', 2, 50],
  ]);
  expect(pair.lanes[0]?.steps).toEqual([
    {
      ...{ step: 1, seconds: 10, message: 1, messages: [1, 2], model_seconds: 9, command_seconds: 1 },
      ...{ summary: 'send_message agent2 "…"', communicates: true },
      ...{ cost: 0.01, total_cost: 0.01, input_tokens: 50, output_tokens: 15 },
    },
    expect.objectContaining({ step: 2, seconds: 30, message: 3, total_cost: 0.02, communicates: true }),
  ]);
  expect(pair.messages).toMatchObject([
    {
      from: 'agent1',
      seconds: 11,
      read: { agent2: 20 },
      question: true,
      answer: 1,
      step: 1,
      to_finished: false,
    },
    {
      from: 'agent2',
      seconds: 21,
      read: { agent1: 22 },
      accepted_by: ['agent1'],
      question: false,
      answer: null,
      step: 1,
    },
    { from: 'agent2', seconds: 45, accepted_by: [], to_finished: true, step: null },
  ]);
  const refs = [{ name: 'refs/heads/agent1', from: null, to: 'abc' }];
  expect(pair.git).toEqual([{ seat: 'agent1', seconds: 31, service: 'push', exit_code: 0, refs }]);
  expect(pair.files).toEqual([
    {
      ...{ path: 'src/a.py', overlap: true, conflict: true },
      seats: {
        agent1: { first_step: 2, first_seconds: 30, in_patch: true },
        agent2: { first_step: 2, first_seconds: 44, in_patch: true },
      },
      collisions: [
        {
          ...{ start: 2, end: 2 },
          hunks: [
            { seat: 'agent1', added: ['from_agent1 = 1'], removed: [], step: 2 },
            { seat: 'agent2', added: ['from_agent2 = 2'], removed: [], step: 2 },
          ],
        },
      ],
    },
  ]);
  expect(pair.promises).toEqual([
    {
      ...{ message: 0, seat: 'agent1', sentence: "I'll change src/a.py.", refrains: false, kept: true },
      files: [{ path: 'src/a.py', in_patch: true }],
    },
  ]);
  expect(pair.attribution?.clauses.map(({ text, link }) => [text, link])).toEqual([
    ["Agent2's patch alone fails feature", { to: 'tests', id: 'alone-agent2' }],
    [' 2 (first "t.py::test_b": AssertionError: no); the patches conflict in ', null],
    ['src/a.py', { to: 'merge', path: 'src/a.py' }],
    ['.', null],
    [' Besides, ', null],
    [`agent2's message to agent1 was refused ("Done.")`, { to: 'message', index: 2 }],
    ['; ', null],
    ['agent2 never fetched what agent1 pushed last', null],
    ['.', null],
  ]);
  expect(pair.tests.map(({ id, passed }) => [id, passed])).toEqual([
    ['merged-1', false],
    ['alone-agent2', false],
    ['alone-agent1', true],
  ]);
  expect(pair.tests[1]?.failing).toEqual([
    { name: 't.py::test_b', message: 'AssertionError: no', places: [], suspects: [] },
  ]);
  expect(pair.communication).toMatchObject({ communication_steps: 3, steps: 4, cost: 0.04 });
});

test('a failed pair has the labels that a model gave it, and its row those of both passes', async () => {
  const logs = logDirectory(runFiles('run'));
  const documents = documentsOf(logs);
  const { row, labelled } = await made<PairDocument>(documents, urls.pair('run', trial));
  expect([row.labels, labelled]).toEqual([[], []]);
  const before = await documents.state(urls.run('run'));
  const text = "I won't touch b.py.";
  const quotes = [{ message: 1, from: 'agent1', text }];
  const pass = (...names: string[]) => ({ labels: names.map((name) => ({ name, supported: true, quotes })) });
  const passes = [pass('commitment', 'expectation'), pass('expectation')];
  const analysis = { model: 'judge', rubric: rubricVersion, outcome: row.cause?.sentence, passes };
  write(logs, runFiles('run', { 'analysis.json': { schema_version: 1, analyses: [analysis] } }));
  expect(await documents.state(urls.run('run'))).not.toBe(before);
  const { pairs } = await made<RunDocument>(documents, urls.run('run'));
  expect(pairs[0]?.labels).toEqual(['expectation']);
  expect((await made<PairDocument>(documents, urls.pair('run', trial))).labelled).toEqual([
    {
      model: 'judge',
      labels: 'commitment, expectation; second pass: expectation',
      quotes: [{ message: 0, from: 'agent1', text }],
    },
  ]);
});

test('seats may have the names of what every object has', async () => {
  const names = ['', '__proto__', 'constructor'];
  const renamed = ([name, content]: [string, unknown]): [string, unknown] => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const keys = name === 'events.jsonl' ? /"agent([12])"/g : /"agent([12])"(?=:)/g;
    return [
      name,
      text.replaceAll(keys, (_, seat) => `"${names[seat]}"`).replace(',"constructor":"applied"', ''),
    ];
  };
  const files = Object.fromEntries(Object.entries(pairFiles).map(renamed));
  const documents = documentsOf(logDirectory(runFiles('run', files)));
  const pair = await made<PairDocument>(documents, urls.pair('run', trial));
  expect(pair.lanes.map(({ seat, status, end }) => [seat, status, end])).toEqual([
    ['__proto__', 'Completed', 40],
    ['constructor', 'Completed', 50],
  ]);
  expect(pair.patches.map(({ state, applied }) => [state, applied])).toEqual([
    ['present', 'applied'],
    ['present', null],
  ]);
  expect(Object.entries(pair.row.individual)).toEqual([
    ['__proto__', true],
    ['constructor', false],
  ]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test('a pair knows the same pair in other settings and repetitions', async () => {
  const solo = { setting: 'solo', agent: { status: 'Completed', cost: 1, cost_known: false, steps: 1 } };
  const logs = logDirectory({
    ...runFiles('run'),
    'run/solo/a_task/1/f1_f2/result.json': solo,
    ...runFiles('run', pairFiles, `${trial}@2`),
    ...runFiles('run', pairFiles, 'coop/a_task/1/f1_f3'),
  });
  const { siblings } = await made<PairDocument>(documentsOf(logs), urls.pair('run', trial));
  expect(siblings.map(({ id, repetition, verdict, cost }) => [id, repetition, verdict, cost]).sort()).toEqual(
    [
      [`${trial}@2`, 2, 'failed', 0.04],
      ['solo/a_task/1/f1_f2', 1, 'none', null],
    ],
  );
});

test('a run as the Python original lays it out opens', async () => {
  const logs = logDirectory({
    'py/x_task/task7/features_1_2/agent1/trajectory.json': {
      messages: [
        { role: 'user', content: 'Do it.' },
        { role: 'assistant', content: 'Now.\n```bash\nls src\n```' },
        { role: 'user', content: 'lib.ts' },
        { role: 'assistant', content: 'Done.' },
      ],
    },
    'py/x_task/task7/features_1_2/agent1/patch.diff': '',
    'py/x_task/task7/features_1_2/agent2/trajectory.json': [
      { role: 'agent_message', content: [{ text: 'a' }] },
    ],
    'py/x_task/task7/features_1_2/agent2/patch.diff': 'x',
  });
  const documents = documentsOf(logs);
  const { pairs } = await made<RunDocument>(documents, urls.run('py'));
  expect(pairs.map(({ id, verdict }) => [id, verdict])).toEqual([['coop/x_task/7/f1_f2', 'none']]);
  const pair = await made<PairDocument>(documents, urls.pair('py', 'coop/x_task/7/f1_f2'));
  expect(pair.clock).toEqual({ start: null, seconds: 0 });
  expect(
    pair.lanes.map(({ steps, trajectory }) => [steps.length, trajectory.file, trajectory.messages]),
  ).toEqual([
    [2, 'trajectory.json', 4],
    [0, 'trajectory.json', 1],
  ]);
  expect(pair.lanes[0]?.steps[0]).toMatchObject({ seconds: null, cost: null, summary: 'ls src' });
  expect(pair.communication.steps).toBe(2);
  expect(pair.patches.map(({ state }) => state)).toEqual(['empty', 'present']);
});

test('a trial that runs is in the table and has lanes from its events; it is found again when it is done', async () => {
  const running = `${trial}.running`;
  const logs = logDirectory({
    ...runFiles('run', { 'events.jsonl': pairFiles['events.jsonl'] }, running),
    'run/.lock': { pid: process.pid, host: 'another' },
  });
  const documents = documentsOf(logs);
  const before = await documents.state(urls.run('run'));
  const { running: goesOn, pairs } = await made<RunDocument>(documents, urls.run('run'));
  expect(goesOn).toBe(true);
  expect(pairs).toMatchObject([
    {
      ...{ id: trial, verdict: 'running', started_at: '2026-11-01T00:00:00.000Z' },
      ...{ cost: 0.04, steps: 4, messages: 2, seconds: 50 },
    },
  ]);
  const { row, lanes, communication } = await made<PairDocument>(documents, urls.pair('run', trial));
  expect(row).toEqual(pairs[0]);
  expect(communication.messages).toBe(row.messages);
  expect(lanes.map(({ status, cost }) => [status, cost])).toEqual([
    ['Completed', 0.02],
    ['Completed', 0.02],
  ]);
  expect(lanes.map(({ seat, steps }) => [seat, steps.length, steps[0]?.message])).toEqual([
    ['agent1', 1, null],
    ['agent2', 1, null],
  ]);
  // With phases, a seat that finished one works again.
  const next = { type: 'step', time: '2026-11-01T00:00:55Z', seat: 'agent1', steps: 3, cost: 0.03 };
  const events = `${pairFiles['events.jsonl']}${JSON.stringify({ ...next, cost_known: true })}\n`;
  write(logs, runFiles('run', { 'events.jsonl': events }, running));
  const pairDocument = await made<PairDocument>(documents, urls.pair('run', trial));
  expect([pairDocument.lanes[0]?.status, pairDocument.lanes[0]?.cost, pairDocument.row.cost]).toEqual([
    '',
    null,
    0.05,
  ]);
  write(logs, runFiles('run', pairFiles, running));
  renameSync(join(logs, 'run', running), join(logs, 'run', trial));
  expect(await documents.state(urls.run('run'))).not.toBe(before);
  const done = await made<PairDocument>(documents, urls.pair('run', trial));
  expect(done.row.verdict).toBe('failed');
});

test('the trajectory of a trial that runs is shown while it grows', async () => {
  const running = `${trial}.running`;
  const scratch = `run/${trial}.scratch.running/agent1.trajectory`;
  // As core's Trajectory writes it: messages without a list around them.
  const message = (content: string) => `    ${JSON.stringify({ role: 'assistant', content }, null, 2)}`;
  const logs = logDirectory({
    ...runFiles('run', { 'events.jsonl': pairFiles['events.jsonl'] }, running),
    [scratch]: `\n${message('one [{')}`,
    'run/.lock': { pid: process.pid, host: 'another' },
  });
  const documents = documentsOf(logs);
  const lane = async () => (await made<PairDocument>(documents, urls.pair('run', trial))).lanes[0];
  expect((await lane())?.trajectory).toMatchObject({ messages: 1, problem: null });
  writeFileSync(join(logs, scratch), `\n${message('one [{')},\n${message('two')},\n    {"role`);
  expect((await lane())?.trajectory).toMatchObject({ messages: 2, problem: null });
  const slice = await made<SliceDocument>(documents, urls.slice('run', trial, 'agent1', 0));
  expect(slice.messages.map(({ text }) => text)).toEqual(['one [{', 'two']);
});

test('a trial whose verdict is being made is evaluating, unless the process that made it is dead', async () => {
  const { 'eval.json': _, ...files } = pairFiles;
  const logs = logDirectory({
    ...runFiles('run', files),
    'run/.evaluating': [trial],
    'run/.lock': { pid: process.pid, host: 'another' },
  });
  const documents = documentsOf(logs);
  const verdicts = async () => [
    (await made<RunDocument>(documents, urls.run('run'))).pairs[0]?.verdict,
    (await made<PairDocument>(documents, urls.pair('run', trial))).row.verdict,
  ];
  utimesSync(join(logs, 'run/.lock'), 1, 1);
  expect(await verdicts()).toEqual(['evaluating', 'evaluating']);
  utimesSync(join(logs, 'run/.evaluating'), 0, 0);
  expect(await verdicts()).toEqual(['none', 'none']);
});

test('a file that cannot be read is named by every page that would have used it, and by no other', async () => {
  const logs = logDirectory({
    ...runFiles('run', {
      ...pairFiles,
      'events.jsonl': '{"type":1}\n\n',
      'agent2_traj.json': '{"messages": [{',
    }),
    ...runFiles('run', { ...pairFiles, 'eval.json': '{"cut' }, `${trial}@2`),
    ...runFiles('run', { ...pairFiles, 'result.json': '{"cut' }, `${trial}@3`),
    ...runFiles('run', { ...pairFiles, 'result.json': { schema_version: 9 } }, 'coop/a_task/1/f1_f3'),
    'run/config.json': '{"cut',
    'run/summary.json': '[]',
  });
  rmSync(join(logs, 'run', trial, 'agent1.patch'));
  mkdirSync(join(logs, 'run', trial, 'agent1.patch'));
  const documents = documentsOf(logs);
  const files = (problems: readonly string[]): string[] =>
    problems
      .map((problem) => /run\/(?:coop\/a_task\/1\/)?([\w/@]+\.\w+)/.exec(problem)?.[1] ?? problem)
      .sort();
  const inTrial = ['f1_f2/agent1.patch', 'f1_f2/agent2_traj.json', 'f1_f2/events.jsonl'];
  const others = ['f1_f2@2/eval.json', 'f1_f2@3/result.json', 'f1_f3/result.json'];

  const { runs } = await made<RunsDocument>(documents, urls.runs);
  expect(runs[0]?.problem).toBeNull();
  expect(files(runs[0]?.problems ?? [])).toEqual(['config.json', ...others, 'summary.json'].sort());
  expect(files((await made<RunDocument>(documents, urls.run('run'))).problems)).toEqual(others);
  const { runs: reported } = await made<Report>(documents, urls.report('run'));
  expect(files(reported[0]?.problems ?? [])).toEqual(
    ['config.json', 'f1_f2/agent2_traj.json', 'f1_f2/events.jsonl', ...others].sort(),
  );
  const pair = await made<PairDocument>(documents, urls.pair('run', trial));
  // The other repetitions are in it, too.
  expect(files(pair.problems)).toEqual([...inTrial, ...others.slice(0, 2)].sort());
  const { problems: unusable } = await made<PairDocument>(documents, urls.pair('run', 'coop/a_task/1/f1_f3'));
  expect(files(unusable)).toEqual(['f1_f3/result.json']);
  for (const again of [documents, documentsOf(logs)]) {
    expect(files((await again.search('run', 'src/a.py')).problems)).toEqual([...inTrial, ...others].sort());
    expect(files((await again.search('run', 'src/a.py', trial)).problems)).toEqual(inTrial);
  }
});

test('a seat whose agent uses no model names none, whatever the others use', async () => {
  const result = pairFiles['result.json'] as { agents: Record<string, object> };
  const agents = {
    ...result.agents,
    agent2: { ...result.agents.agent2, agent_framework: 'nop', model: null },
  };
  const logs = logDirectory(runFiles('run', { ...pairFiles, 'result.json': { ...result, agents } }));
  const { lanes } = await made<PairDocument>(documentsOf(logs), urls.pair('run', trial));
  expect(lanes.map(({ agent, model }) => [agent, model])).toEqual([
    ['mini', 'm'],
    ['nop', ''],
  ]);
});

test('a step that only reads a file is no work on it', async () => {
  const reads = { messages: [{ role: 'assistant', content: '```\ncat src/a.py > /dev/null\n```' }] };
  const logs = logDirectory(runFiles('run', { ...pairFiles, 'agent1_traj.json': reads }));
  const { files } = await made<PairDocument>(documentsOf(logs), urls.pair('run', trial));
  expect(files[0]?.seats).toMatchObject({ agent1: { first_step: null }, agent2: { first_step: 2 } });
});

test('a document is made again when its files change, and only then', async () => {
  const logs = logDirectory(runFiles('run'));
  const documents = documentsOf(logs);
  const first = await documents.make(urls.pair('run', trial));
  expect(await documents.make(urls.pair('run', trial))).toBe(first);
  writeFileSync(join(logs, 'run', trial, 'agent1.patch'), '');
  const next = await documents.make(urls.pair('run', trial));
  expect(next.state).not.toBe(first.state);
  expect((JSON.parse(next.json) as PairDocument).patches[0]?.state).toBe('empty');
});

test.for<[string, string]>([
  ['a link in the folder of the trial', `run/${trial}/agent1.patch`],
  ['a link in the place of the task', 'run/coop/a_task/1'],
])('%s is refused', async ([, path]) => {
  const { [`run/${trial}/agent1.patch`]: _, ...files } = runFiles('run');
  const logs = logDirectory(files);
  renameSync(join(logs, 'run/coop/a_task/1'), join(logs, 'real'));
  mkdirSync(join(logs, 'secret/f1_f2'), { recursive: true });
  if (path.endsWith('.patch')) {
    renameSync(join(logs, 'real'), join(logs, 'run/coop/a_task/1'));
    symlinkSync('/etc/hostname', join(logs, path));
  } else symlinkSync(join(logs, 'real'), join(logs, path));
  const making = documentsOf(logs).make(urls.pair('run', trial));
  await expect(making).rejects.toMatchObject({ code: expect.stringMatching(/^(RUN_FOLDER|UNKNOWN_TRIAL)$/) });
});

test.for(['result.json', 'eval.json', 'analysis.json'])(
  'a run is refused when %s of a trial is a link',
  async (name) => {
    const { [`run/${trial}/${name}`]: _, ...files } = runFiles('run');
    const logs = logDirectory(files);
    const link = join(logs, 'run', trial, name);
    symlinkSync('/etc/hostname', link);
    await expect(documentsOf(logs).make(urls.run('run'))).rejects.toMatchObject({
      code: 'RUN_FOLDER',
      message: `${link} is not a file or a folder.`,
    });
  },
);

test.for(['config.json', 'summary.json', '.lock'])(
  'a pipe in the place of %s does not keep the list of runs waiting',
  async (name) => {
    const logs = logDirectory({ ...runFiles('run'), 'other/config.json': {} });
    const pipe = join(logs, 'run', name);
    makePipe(pipe);
    const documents = documentsOf(logs);
    const { runs } = await made<RunsDocument>(documents, urls.runs);
    expect(runs.map((run) => [run.name, run.problem])).toEqual([
      ['other', null],
      ['run', `${pipe} is not a file or a folder.`],
    ]);
    if (name === '.lock')
      await expect(documents.make(urls.run('run'))).rejects.toMatchObject({ code: 'RUN_FOLDER' });
  },
);

test('a trial that runs is refused when its events are a pipe', async () => {
  const logs = logDirectory({
    ...runFiles('run', { 'agent1.log': '' }, `${trial}.running`),
    'run/.lock': { pid: process.pid, host: 'another' },
  });
  makePipe(join(logs, 'run', `${trial}.running`, 'events.jsonl'));
  for (const url of [urls.run('run'), urls.pair('run', trial)])
    await expect(documentsOf(logs).make(url)).rejects.toMatchObject({ code: 'RUN_FOLDER' });
});

test.for([
  [urls.run('none'), 'UNKNOWN_RUN'],
  [urls.run('..'), 'RUN_NAME'],
  [urls.pair('run', 'coop/a_task/1/f8_f9'), 'UNKNOWN_TRIAL'],
  [urls.pair('run', `${trial}/../f1_f2`), 'UNKNOWN_TRIAL'],
  [urls.slice('run', trial, 'agent9', 0), 'VIEW_URL'],
  [urls.slice('run', trial, 'agent1', 99), 'VIEW_URL'],
  ['data/other.json', 'VIEW_URL'],
])('%s answers %s', async ([url = '', code]) => {
  const documents = documentsOf(logDirectory(runFiles('run')));
  await expect(documents.make(url)).rejects.toMatchObject({ code });
});

test('a seat that hands in nothing by its setting has no missing patch', async () => {
  const place = 'run/review/a_task/1/f1_f2';
  const logs = logDirectory({
    [`${place}/result.json`]: {
      ...{ setting: 'review', judged: 'single', features: [1, 2] },
      agents: {
        agent1: { file_stem: 'agent1', features: [1, 2], status: 'Completed' },
        agent2: { file_stem: 'agent2', features: [], hands_in: false, status: 'Completed' },
      },
    },
  });
  const documents = documentsOf(logs);
  const review = 'review/a_task/1/f1_f2';
  const pair = await made<PairDocument>(documents, urls.pair('run', review));
  expect(pair.lanes.map(({ seat, features }) => [seat, features])).toEqual([
    ['agent1', [1, 2]],
    ['agent2', []],
  ]);
  expect(pair.patches.map(({ seat, state }) => [seat, state])).toEqual([['agent1', 'missing']]);
  const { patches } = await made<DiffsDocument>(documents, urls.diffs('run', review));
  expect(patches.map(({ seat }) => seat)).toEqual(['agent1']);
});
