import type { RunEvent } from '@cooperbench/records';
import { describe, expect, test } from 'vitest';
import {
  at,
  Clock,
  counts,
  evaluationStarted,
  evaluationSummary,
  image,
  message,
  Page,
  runFinished,
  runStarted,
  runSummary,
  seatFailed,
  step,
  trialFinished,
  trialStarted,
  verdict,
} from './events.test.fixture.ts';
import { LinesReporter } from './lines-reporter.ts';

const first = 'coop/llama_index_task/8394/f1_f2';
const second = 'coop/llama_index_task/8394/f1_f3';

function linesOf(events: readonly (RunEvent | number)[], colour = false): string {
  const page = Object.assign(new Page(), { colour });
  const clock = new Clock();
  const reporter = new LinesReporter(page, { now: clock.now });
  for (const event of events)
    if (typeof event === 'number') clock.pass(event);
    else reporter.onEvent(event);
  reporter.close();
  reporter.close();
  return page.text;
}

test('a run one trial after the other', () => {
  const summary = evaluationSummary({ errors: 1 });
  const expectedLoss = {
    task: second,
    status: 'Error',
    cost: 0.02,
    cost_known: true,
    eval: 'error',
  } as const;
  const output = linesOf([
    at({ type: 'notice', level: 'warning', text: 'dspy_task/1 is left out: no runner.sh' }),
    runStarted({ skipped: 1 }),
    trialStarted(first),
    step(first, 'agent1', 1, 0.01),
    message(first, "I'm adding a new method\nto the BaseIndex class\n"),
    message(first, 'are you there?', false),
    222,
    trialFinished(first),
    trialStarted(second),
    12,
    seatFailed(second, 'agent1', 'The sandbox was lost.'),
    trialFinished(second, { status: 'Error', duration_seconds: 12, cost: 0.02, steps: 3, messages: 0 }),
    evaluationStarted(2, 1),
    30,
    verdict(first),
    verdict(second, { status: 'error', both_passed: false, merge: null, error: 'a seat was lost' }),
    at({ type: 'evaluation_finished', run: 'my-first-experiment', summary }),
    at({ type: 'run_stopped', reason: 'The key is wrong.' }),
    runFinished(
      runSummary({
        total_tasks: 3,
        completed: 2,
        failed: 1,
        skipped: 1,
        total_cost: 0.5,
        results: [expectedLoss],
      }),
    ),
  ]);
  expect(output).toBe(`\
[CooperBench] Warning: dspy_task/1 is left out: no runner.sh
[CooperBench] Starting run: my-first-experiment
[CooperBench] Setting: coop
[CooperBench] Agent: mini_swe_agent
[CooperBench] Model: gpt-4o
[CooperBench] Backend: docker
[CooperBench] Found 3 trials (1 already done)
[CooperBench] Running with concurrency=1

[Trial 1/2] llama_index_task/8394 f1_f2
  agent1 → agent2: "I'm adding a new method\\nto the BaseIndex class"
  agent1 → agent2 (refused): "are you there?"
[Trial 1/2] ✓ Completed in 3m 42s ($0.12, 34 steps, 3 messages)
[Trial 2/2] llama_index_task/8394 f1_f3
[Trial 2/2] ✗ Error after 12s ($0.02, 3 steps, 0 messages): agent1: The sandbox was lost.

[CooperBench] Evaluating my-first-experiment: 3 trials (1 already evaluated), backend docker, merge policy union
[Eval 1/2] coop/llama_index_task/8394/f1_f2 passed (merge clean)
[Eval 2/2] coop/llama_index_task/8394/f1_f3 error: a seat was lost
[CooperBench] Stopped: The key is wrong.

[CooperBench] Finished: my-first-experiment
  Trials      3 (2 completed, 1 lost, 1 already done)
  Individual  75.0%
  Merged      50.0% (1 of 2)
  Overall     0.0% (0 of 2)
  Errors      1 trial lost
  Cost        $0.50 ($0.14 this time)
  Duration    4m 24s
  Logs        /runs/logs/my-first-experiment
`);
});

describe('images', () => {
  const name = 'akhatua/cooperbench-x:task1';

  test('that are pulled and built have a line when they begin and when they end', () => {
    const output = linesOf([
      trialStarted(first),
      image({ image: name, text: '' }),
      1,
      image({ image: name, text: 'a1: Downloading', done_bytes: 5, total_bytes: 10 }),
      image({ image: 'b:1', phase: 'build', text: 'Step 1/2' }),
      79,
      image({ image: name, state: 'ready', text: 'Status: Downloaded' }),
      image({
        image: 'b:1',
        phase: 'build',
        state: 'failed',
        text: '/d/Dockerfile could not be built: Step 2/2\n\x1b[2Jno\n',
      }),
      message(first, 'hello'),
    ]);
    expect(output).toBe(`\
[Trial 1/?] llama_index_task/8394 f1_f2
[CooperBench] Pulling akhatua/cooperbench-x:task1
[CooperBench] Building b:1
[CooperBench] Pulled akhatua/cooperbench-x:task1 in 1m 20s
[CooperBench] Building b:1 failed after 1m 19s: /d/Dockerfile could not be built: Step 2/2
  no
  [Trial 1/?] agent1 → agent2: "hello"
`);
  });

  test('that fail again for each trial have one line, and one when they succeed', () => {
    const failed = image({ image: name, state: 'failed', text: 'no network' });
    const runEvent = image({ image: name });
    const output = linesOf([
      runEvent,
      failed,
      runEvent,
      failed,
      runEvent,
      image({ image: name, state: 'failed', text: 'no such image' }),
      runEvent,
      image({ image: name, state: 'ready' }),
    ]);
    expect(output).toBe(`\
[CooperBench] Pulling akhatua/cooperbench-x:task1
[CooperBench] Pulling akhatua/cooperbench-x:task1 failed after 0s: no network
[CooperBench] Pulling akhatua/cooperbench-x:task1 failed after 0s: no such image
[CooperBench] Pulled akhatua/cooperbench-x:task1 in 0s
`);
  });

  test('that a command is about alone are counted at its end', () => {
    const events = [
      at({ type: 'images_started', images: 3, backend: 'docker', agent: null }),
      image({ image: 'a:1', phase: 'build', state: 'present' }),
      image({ image: 'b:1', phase: 'build' }),
      5,
      image({ image: 'b:1', phase: 'build', state: 'ready' }),
      image({ image: 'c:1', phase: 'build', state: 'failed', text: 'There is no Dockerfile in /c.' }),
    ];
    const beginning = `\
[CooperBench] Building 3 images, backend docker
[CooperBench] a:1 is already present
[CooperBench] Building b:1
[CooperBench] Built b:1 in 5s
[CooperBench] Building c:1 failed after 0s: There is no Dockerfile in /c.

`;
    expect(linesOf([...events, at({ type: 'images_finished', built: 1, present: 1, failed: 1 })])).toBe(
      `${beginning}[CooperBench] Images: 1 built, 1 already present, 1 failed, in 5s\n`,
    );
    expect(linesOf(events)).toBe(`${beginning}[CooperBench] Ended early: 2 of 3 images ready\n`);
  });
});

test('each feature that is validated has a line, and what is left is counted at an early end', () => {
  const validated = (feature: number, extra: object) =>
    at({
      ...{ type: 'validated', task: 'shop_task/1', feature, state: 'written', count: 3, by_name: true },
      ...{ unstable: [], of_patch: [], pass_without: [], error: null, ...extra },
    });
  const events = [
    at({ type: 'validation_started', features: 4, current: 2, backend: 'docker' }),
    validated(1, { pass_without: ['keeps order'] }),
    validated(2, { by_name: false, of_patch: ['own'] }),
    validated(3, { unstable: ['at \x1b[2J1', 'at 2'] }),
  ];
  const failure = { state: 'failed', count: null, by_name: null, error: '1 of 3 tests failed' };
  const beginning = `\
[CooperBench] Validating 4 features (2 others already validated), backend docker
[1/4] shop_task/1 feature 1: 3 tests, by name; passing without the feature: keeps order
[2/4] shop_task/1 feature 2: 3 tests, only counted: the runner does not print their names; defined by the golden patch, and left out: own
[3/4] shop_task/1 feature 3: 3 tests, by name; ran in one of two runs, and left out: at 1 and 1 more
`;
  expect(linesOf(events)).toBe(
    `${beginning}
[CooperBench] Ended early: 3 of 4 features tested
[CooperBench] Repeat the command to resume: 1 feature left
`,
  );
  const runEvent = at({ type: 'validation_finished', written: 3, current: 2, failed: 1, errors: 0 });
  expect(linesOf([...events, validated(4, failure), runEvent])).toBe(
    `${beginning}[4/4] shop_task/1 feature 4 failed: 1 of 3 tests failed

[CooperBench] References: 3 written, 2 already there, 1 failed, in 0s
`,
  );
});

test('messages name their trial as soon as another one runs', () => {
  const output = linesOf([
    trialStarted(first),
    message(first, 'alone'),
    trialStarted(second),
    message(first, 'one of two'),
    trialFinished(second),
    message(first, 'after a line about the other'),
  ]);
  expect(output.split('\n').filter((line) => line.startsWith(' '))).toEqual([
    '  agent1 → agent2: "alone"',
    '  [Trial 1/?] agent1 → agent2: "one of two"',
    '  [Trial 1/?] agent1 → agent2: "after a line about the other"',
  ]);
});

test.for([
  ['LimitsExceeded', '! Limit reached after 3m 42s'],
  ['Timeout', '! Timed out after 3m 42s'],
  ['Cancelled', '! Cancelled after 3m 42s'],
] as const)('a trial that ended as %s says so', ([status, words]) => {
  expect(linesOf([trialStarted(first), trialFinished(first, { status })])).toContain(words);
});

test('a seat without a patch is named, unless its trial is lost, and an unknown price is not $0.00', () => {
  const patch = (seat: string, bytes: number) =>
    at({ type: 'patch', trial: first, seat, lines: bytes, bytes });
  const forOthers = at({ type: 'patch', trial: first, seat: 'agent2', lines: 0, bytes: 0, hands_in: false });
  const events = [trialStarted(first), patch('agent1', 0), patch('agent2', 5), forOthers];
  const unpriced = { cost: 0, cost_known: false };
  expect(linesOf([...events, trialFinished(first, unpriced)])).toContain(
    '(cost unknown, 34 steps, 3 messages) empty patch: agent1\n',
  );
  const lossMessage = linesOf([...events, trialFinished(first, { ...unpriced, cost: 0.5, status: 'Error' })]);
  expect(lossMessage).toContain('✗ Error after 3m 42s (more than $0.50, 34 steps, 3 messages)\n');
});

test('seats that failed for the same reason are named together', () => {
  const events = [trialStarted(first), seatFailed(first, 'agent1', 'no'), seatFailed(first, 'agent2', 'no')];
  expect(linesOf([...events, trialFinished(first, { status: 'Error' })])).toContain(
    '): agent1, agent2: no\n',
  );
});

describe('verdicts', () => {
  test.for<[string, Parameters<typeof verdict>[1]]>([
    ['passed (merge union)', { merge: 'conflicts', strategy: 'union' }],
    ['passed (merge clean, a patch alone fails its tests)', { overall_success: false }],
    ['passed', { merge: null, strategy: null }],
    ['failed (merge conflict)', { status: 'failed', merge: 'conflicts', strategy: null }],
    ['failed (a patch does not apply)', { status: 'failed', merge: 'missing_input', strategy: null }],
    ['failed (merge clean, exit 0 without a test result)', { status: 'failed', unrecognised: true }],
    ['failed (merge clean, tests of the reference did not run)', { status: 'failed', missing_tests: true }],
    ['failed (merge clean, the test framework was patched)', { status: 'failed', framework_patched: true }],
    ['error: no\\nsandbox', { status: 'error', merge: 'error', strategy: null, error: 'no\nsandbox' }],
  ])('%s', ([words, overrides]) => {
    expect(linesOf([evaluationStarted(3), verdict(first, overrides)])).toContain(
      `\n[Eval 1/3] ${first} ${words}\n`,
    );
  });
});

test('an evaluation alone ends with both settings beside each other, their deficit, and the suspicious trials named', () => {
  const coop = counts({ total_runs: 12, passed: 5, failed: 6, errors: 1, pass_rate: 5 / 11 });
  const solo = counts({ individual_rate: null, pass_rate: 1, overall_rate: null });
  const results = ['coop/a/1/f1_f2', 'coop/a/1/f1_f3', 'solo/a/1/f1_f2', 'solo/a/1/f1_f3'].map(
    (run, index) => ({ run, status: index === 1 ? ('failed' as const) : ('passed' as const) }),
  );
  const summary = evaluationSummary({
    ...{ total_runs: 14, skipped: 13, errors: 1, results },
    by_setting: {
      coop: { judged: 'merge', seats: 2, ...coop },
      solo: { judged: 'single', seats: 1, ...solo },
    },
  });
  const output = linesOf([
    evaluationStarted(1, 13),
    90,
    verdict(first, { status: 'failed', unrecognised: true }),
    at({ type: 'evaluation_finished', run: 'my-first-experiment', summary }),
  ]);
  expect(output.slice(output.indexOf('\n\n') + 2)).toBe(`\
[CooperBench] Evaluated: my-first-experiment
  Trials    14 (13 already evaluated)
  Errors    1 evaluation
  Duration  1m 30s
  Setting  Trials  Individual  Merged  Overall  Errors
  coop         12       75.0%   45.5%     0.0%       1
  solo          2         n/a  100.0%      n/a       0
  Coordination deficit: 50.0% (of 2 pairs judged in both settings, solo passes 2 and coop 1)
  Failed: the tests exited with 0, but no test result was recognised in their output:
    coop/llama_index_task/8394/f1_f2
`);
});

test('of a run with both settings, a lost trial does not count as an error of its evaluation as well', () => {
  const setting = {
    total_tasks: 2,
    completed: 2,
    failed: 0,
    total_cost: 0,
    discarded_cost: 0,
    cost_known: true,
    ...{ voids: 0, pass_rate_with_voids: null },
  };
  const coop = { ...setting, completed: 1, failed: 1, messages_sent: 0, pass_rate: null };
  const solo = { ...setting, messages_sent: 0, pass_rate: 1 };
  const result = (task: string, status: string, verdict: 'error' | 'passed') => ({
    ...{ task, status, cost: 0, cost_known: true, eval: verdict },
  });
  const summary = runSummary({
    by_setting: { coop, solo },
    results: [
      result('coop/a/1/f1_f2', 'Error', 'error'),
      result('coop/a/1/f1_f3', 'Completed', 'error'),
      result('solo/a/1/f1_f2', 'Completed', 'passed'),
    ],
    eval: evaluationSummary({
      by_setting: {
        coop: { judged: 'merge', seats: 2, ...counts({ errors: 2 }) },
        solo: { judged: 'single', seats: 1, ...counts({ individual_rate: null }) },
      },
    }),
  });
  expect(linesOf([runStarted(), runFinished(summary)])).toContain(`
  Setting  Trials  Individual  Merged  Overall  Lost  Eval errors   Cost
  coop          2       75.0%   50.0%     0.0%     1            1  $0.00
  solo          2         n/a   50.0%     0.0%     0            0  $0.00
`);
});

test('seats that differ are named one by one', () => {
  const seats = [
    { seat: 'agent1', agent: 'mini_swe_agent', model: 'gpt-4o', backend: 'docker' },
    { seat: 'agent2', agent: 'nop', model: null, backend: 'local' },
  ];
  expect(linesOf([runStarted({ seats })])).toContain(`\
[CooperBench] Setting: coop
[CooperBench] Seat agent1: mini_swe_agent, gpt-4o, docker
[CooperBench] Seat agent2: nop, local
[CooperBench] Found 2 trials
`);
});

test('another evaluator than the tests is named', () => {
  const started = { ...evaluationStarted(3), evaluator: 'picky' } as RunEvent;
  expect(linesOf([started])).toContain(
    'Evaluating my-first-experiment: 3 trials, backend docker, evaluator picky, merge policy union\n',
  );
});

test('where no trial merges patches, no merge policy is named', () => {
  expect(linesOf([{ ...evaluationStarted(3), policy: null } as RunEvent])).toContain(
    'Evaluating my-first-experiment: 3 trials, backend docker\n',
  );
});

test('an error that names the plugin, the phase and a long cause is whole', () => {
  const error = `The setting "duo" of plugin @acme/cooperbench-setting-duo failed in phases: ${'the plan is not there; '.repeat(10)}end`;
  const events = [
    trialStarted(first),
    seatFailed(first, 'agent1', error),
    trialFinished(first, { status: 'Error' }),
  ];
  expect(linesOf(events)).toContain(`agent1: ${error}\n`);
});

test('a run in which no seat is tested alone has passed, not merged, and an unknown price is not $0.00', () => {
  const evaluation = { ...evaluationSummary(), individual_rate: null };
  const summary = { ...runSummary({ eval: evaluation }), total_cost: 0, cost_known: false };
  const output = linesOf([runStarted(), runFinished(summary)]);
  expect(output).toMatch(/\n {2}Individual {2}n\/a\n {2}Passed {6}50\.0% \(1 of 2\)\n/);
  expect(output).toMatch(/\n {2}Cost {8}unknown/);
  expect(output).not.toContain('Merged');
});

test('rates over nothing are n/a', () => {
  const output = linesOf([runStarted(), runFinished(runSummary({ eval: null }))]);
  expect(output).toMatch(/Individual {2}n\/a\n {2}Passed {6}n\/a\n {2}Overall {5}n\/a\n {2}Errors {6}none\n/);
});

test('a run in which nobody uses a model names none', () => {
  expect(linesOf([runStarted({ agent: 'oracle', model: null })])).toContain(
    '[CooperBench] Agent: oracle\n[CooperBench] Backend: docker\n',
  );
});

test('a run that ends early says how much is done, where that is and how to resume', () => {
  const events = [runStarted(), trialStarted(first), trialFinished(first)];
  const ended = (events: RunEvent[]): string => {
    const text = linesOf(events);
    return text.slice(text.indexOf('[CooperBench] Ended'));
  };
  expect(ended(events)).toBe(
    `[CooperBench] Ended early: 1 of 2 trials finished ($0.12), kept in /runs/logs/my-first-experiment
[CooperBench] Repeat the command to resume: 1 trial left
`,
  );
  expect(ended([runStarted({ force: true }), trialStarted(first), trialFinished(first)])).toContain(
    '[CooperBench] Repeat the command without --force to resume: 1 trial left\n',
  );
  expect(ended([...events, evaluationStarted(1)])).toBe(
    `[CooperBench] Ended early: 1 of 2 trials finished ($0.12), 0 of 1 evaluated, kept in /runs/logs/my-first-experiment
[CooperBench] Repeat the command to resume: 1 trial left
`,
  );
  expect(ended([evaluationStarted(3), verdict(first)])).toBe(
    `[CooperBench] Ended early: 1 of 3 evaluated
[CooperBench] Repeat the command to resume: 2 evaluations left
`,
  );
  const lost = ['Error', 'Cancelled', 'Cancelled'] as const;
  expect(ended([runStarted({ trials: 3 }), ...lost.map((status) => trialFinished(first, { status }))])).toBe(
    `[CooperBench] Ended early: 0 of 3 trials finished ($0.36), 1 lost, 2 cancelled, kept in /runs/logs/my-first-experiment
[CooperBench] Repeat the command to resume: 3 trials left
`,
  );
  expect(linesOf([])).toBe('');
});

test('nothing that an agent or a sandbox says reaches the terminal raw', () => {
  const evil = '\x1b[2J\x1b]0;owned\x07\x9b31m\r\b\u202egnp.exe\u2066\u2028\x85\x00\ud800';
  const output = linesOf([
    trialStarted(`coop/${evil}/1/f1_f2`),
    at({
      type: 'message',
      trial: first,
      id: '',
      from: evil,
      to: evil,
      text: evil,
      accepted: false,
      accepted_by: [],
    }),
    seatFailed(`coop/${evil}/1/f1_f2`, 'agent1', evil),
    trialFinished(`coop/${evil}/1/f1_f2`, { status: 'Error' }),
    verdict(evil, { status: 'error', error: evil, strategy: evil, unrecognised: true }),
    at({ type: 'notice', level: 'info', text: evil }),
    at({ type: 'images_started', images: 1, backend: evil, agent: evil }),
    image({ image: evil, state: 'running' }),
    image({ image: evil, state: 'failed', text: `${evil}\n${evil}` }),
    at({ type: 'run_stopped', reason: evil }),
    runFinished(runSummary({ run_name: evil })),
  ]);
  expect(output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  expect(output).toContain('\\u202egnp.exe');
});

test('a long message is one line of about a hundred characters', () => {
  const [line = ''] = linesOf([message(first, '語\n'.repeat(100_000))]).split('\n');
  expect([...line].length).toBeLessThan(160);
  expect(line.endsWith('…"')).toBe(true);
});

test('colour only when it is asked for', () => {
  const events = [trialStarted(first), trialFinished(first)];
  expect(linesOf(events, true)).toContain('\x1b[32m✓ Completed in 3m 42s\x1b[39m');
  expect(linesOf(events)).not.toContain('\x1b');
});
