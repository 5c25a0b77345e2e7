import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentEvent, AgentResult, Sandbox } from '@cooperbench/core';
import { type FakeSeat, fakeInbox, fakeSeat, hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { called, type FakeModel, fakeModel, runs, used } from './fake-model.test.support.ts';
import { Journal } from './journal.ts';
import { workUntilDone } from './loop.ts';
import { ModelFailure } from './model/failure.ts';
import { submitCommand } from './shell/submission.ts';

interface Options {
  readonly seat?: Parameters<typeof fakeSeat>[1];
  readonly timeoutMs?: number;
  readonly compaction?: { readonly threshold_tokens: number; readonly keep_turns: number };
}

async function work(
  model: FakeModel,
  options: Options = {},
  check: (workspace: Sandbox) => Promise<void> = async () => {},
): Promise<FakeSeat & AgentResult> {
  await using workspace = await hostSandbox();
  const worker = fakeSeat(workspace, options.seat);
  const { record, limits } = worker.context;
  const compaction = { threshold_tokens: 100_000, keep_turns: 10, ...options.compaction };
  const result = await workUntilDone({
    context: worker.context,
    model,
    journal: new Journal(record, [limits], compaction),
    shell: {
      shell: 'sh',
      timeoutMs: options.timeoutMs ?? 10_000,
      outputBytes: 2000,
      env: { GREETING: 'servus' },
    },
  });
  await check(workspace);
  return { ...worker, ...result };
}

const submit = runs(submitCommand);
const observed = (model: FakeModel, call = -1): string[] =>
  (model.seen.at(call) ?? []).flatMap((turn) =>
    turn.role === 'tool' ? turn.results.map(({ text }) => text) : [],
  );

test('runs what the model asks for, shows it what came out and stops when it submits', async () => {
  const model = fakeModel(runs('cat README.md; echo wrong >&2; exit 3', 'pwd; echo $GREETING'), submit);
  const { status, steps } = await work(model);
  expect(status).toBe('Completed');
  expect(steps()).toBe(2);
  const [first, second] = observed(model);
  expect(first).toBe('exit code: 3\noutput:\nhello\nwrong\n');
  expect(second).toMatch(/^exit code: 0\noutput:\n\/.*\/repo\nservus\n$/);
});

test('a command that fails to submit, or prints the marker later, is not a submission', async () => {
  const model = fakeModel(
    runs(`${submitCommand}; exit 1`),
    runs(`echo first; ${submitCommand}`),
    runs(`echo; echo; ${submitCommand}`),
  );
  expect((await work(model)).steps()).toBe(3);
});

test('neither a commit message nor a file of another seat can hand in', async () => {
  const marker = submitCommand.replace('echo ', '');
  const commit = `git -c user.name=a -c user.email=a@b commit -q --allow-empty -m ${marker}`;
  const show = 'git log -1 --format=%s';
  const model = fakeModel(
    runs(`${commit}; echo ${marker} > notes.txt`),
    runs(
      show,
      'cat notes.txt',
      `${show} || ${submitCommand}`,
      `${show} # ${submitCommand}`,
      `${show}; : ";${submitCommand}"`,
    ),
    runs(`cat notes.txt; ${submitCommand}`),
    runs(`touch done.txt && ${submitCommand}`),
  );
  const { status, steps } = await work(model);
  expect([status, steps()]).toEqual(['Completed', 4]);
  expect(observed(model).at(-1)).toContain(`output:\n${marker}\n${marker}\n`);
  const shownLines = observed(model, 2).slice(-5);
  expect(shownLines).toHaveLength(5);
  for (const text of shownLines)
    expect(text).toMatch(/\[Nothing was handed in\. To hand in, run `echo \w+` and nothing else\.\]/);
});

test('stops at the step limit, and at the cost limit', async () => {
  const steps = await work(fakeModel(runs('true')), { seat: { limits: { maxSteps: 3 } } });
  expect([steps.status, steps.steps()]).toEqual(['LimitsExceeded', 3]);
  const dear = { ...runs('true'), usage: used({ costUsd: 0.4 }) };
  const cost = await work(fakeModel(dear), { seat: { limits: { maxCostUsd: 1 } } });
  expect([cost.status, cost.steps()]).toEqual(['LimitsExceeded', 3]);
  expect(cost.texts('log').at(-1)).toBe('stopped: the cost limit (1 USD) was reached');
});

test('reminds a model that calls no tool, and takes three such answers in a row for the end', async () => {
  const model = fakeModel({ text: 'Hm.' }, runs('true'), { text: 'I am done.' });
  const { status, steps, messages } = await work(model);
  expect([status, steps()]).toEqual(['Completed', 5]);
  expect(messages().filter(({ content }) => content.startsWith('Your answer called no tool'))).toHaveLength(
    4,
  );
});

test('answers malformed tool calls and goes on', async () => {
  const cut = { ...called(['bash', '{"command": "ec']), cutOff: true };
  const model = fakeModel(
    called(['python', '{}'], ['bash', 'ls -la'], ['bash', '{"cmd":"ls"}'], ['bash', '[]']),
    cut,
    submit,
  );
  const { status } = await work(model);
  expect(status).toBe('Completed');
  expect(observed(model)).toEqual([
    'There is no tool "python". The only tool is "bash".',
    'The arguments of the tool call are not a JSON object, so nothing was run. Write {"command": "…"}.',
    'The tool call has no "command" text, so nothing was run. Write {"command": "…"}.',
    'The arguments of the tool call are not a JSON object, so nothing was run. Write {"command": "…"}.',
    'Your answer was cut off at the output token limit before the tool call was complete, so nothing was run. Do it in smaller steps.',
  ]);
  const [failed] = model.seen.at(-1)?.filter((turn) => turn.role === 'tool') ?? [];
  expect(failed?.results[0]?.malformed).toBe(true);
});

test('a command too long for the kernel is answered, not fatal', async () => {
  const model = fakeModel(runs(`: ${'x'.repeat(200_000)}`), submit);
  expect((await work(model)).status).toBe('Completed');
  expect(observed(model)[0]).toContain('longer than 100000 bytes');
});

test('shows messages before the next step, each with its sender', async () => {
  const model = fakeModel(runs('true'), submit);
  const { messages } = await work(model, {
    seat: { inbox: fakeInbox([], ['[Message from agent2]: I take a.py', '[Message from agent2]: and b.py']) },
  });
  const text = '[Message from agent2]: I take a.py\n\n[Message from agent2]: and b.py';
  expect(model.seen[0]?.some((turn) => turn.role === 'user' && turn.text === text)).toBe(false);
  expect(model.seen[1]?.at(-1)).toEqual({ role: 'user', text });
  expect(messages().filter(({ role }) => role === 'user')).toMatchObject([{ content: text }]);
});

test('kills everything a command had started when it stops it', async () => {
  const model = fakeModel(runs('(sleep 2; echo late > late.txt) & sleep 60'), submit);
  await work(model, { timeoutMs: 1000 }, async ({ repoDir }) => {
    await delay(1500);
    await expect(access(join(repoDir, 'late.txt'))).rejects.toThrow();
  });
});

test('says after how long a command was stopped, and shows what it had printed', async () => {
  const model = fakeModel(runs('echo begun; sleep 60'), submit);
  await work(model, { timeoutMs: 500 });
  expect(observed(model)).toEqual([
    'stopped: it ran longer than 0.5 seconds, and everything it had started was killed\noutput:\nbegun\n',
  ]);
});

test('an abort ends it with the reason, at once, also while a command runs', async () => {
  const controller = new AbortController();
  const reason = new Error('the seat ran out of time');
  setTimeout(() => controller.abort(reason), 300);
  await expect(work(fakeModel(runs('sleep 3600')), { seat: { signal: controller.signal } })).rejects.toBe(
    reason,
  );
});

test('a lost sandbox is passed on as it is', async () => {
  await using workspace = await hostSandbox();
  const { exec } = workspace;
  const lost: typeof workspace = {
    ...workspace,
    async exec(argv, options) {
      await workspace[Symbol.asyncDispose]();
      return exec(argv, options);
    },
  };
  const worker = fakeSeat(lost);
  const running = workUntilDone({
    context: worker.context,
    model: fakeModel(runs('true')),
    journal: new Journal(() => {}, [], { threshold_tokens: 1000, keep_turns: 2 }),
    shell: { shell: 'sh', timeoutMs: 1000, outputBytes: 2000, env: {} },
  });
  await expect(running).rejects.toMatchObject({ name: 'SandboxError', code: 'SANDBOX_LOST' });
});

const long = { compaction: { threshold_tokens: 800, keep_turns: 1 } };
const prints = (characters: number) => runs(`head -c ${characters} /dev/zero | tr '\\0' x`);

test('has the model summarise the earlier turns of a long conversation, and goes on with the summary', async () => {
  const summary = { text: 'I printed x.' };
  const model = fakeModel(runs('true'), prints(1900), prints(1900), summary, submit);
  const { status, steps, texts } = await work(model, long);
  expect([status, steps()]).toEqual(['Completed', 4]);
  const [requests, after] = model.seen.slice(-2);
  expect(requests?.at(-1)).toMatchObject({ role: 'user', text: expect.stringContaining('plain text') });
  expect(requests?.filter(({ role }) => role === 'assistant')).toHaveLength(2);
  expect(after?.[1]).toMatchObject({ text: expect.stringMatching(/Your summary .*\n\nI printed x\.$/s) });
  expect(after?.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool']);
  expect(texts('log')).toContain('the conversation is long: earlier turns are replaced by a summary');
});

test('a summary that reaches the cost limit ends the work, and one that the model cannot give does not', async () => {
  const dear = { text: 'I printed x.', usage: used({ costUsd: 2 }) };
  const limited = await work(fakeModel(prints(1900), prints(1900), dear, submit), {
    ...{ ...long, seat: { limits: { maxCostUsd: 1 } } },
  });
  expect([limited.status, limited.steps()]).toEqual(['LimitsExceeded', 2]);
  const tooLong = new ModelFailure('context', 'prompt is too long');
  const model = fakeModel(prints(1900), prints(1900), tooLong, submit);
  expect((await work(model, long)).status).toBe('Completed');
  expect(model.seen[3]?.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool']);
});

test('makes a conversation shorter that the model refuses as too long, and gives up when it cannot', async () => {
  const tooLong = new ModelFailure('context', 'prompt is too long');
  const model = fakeModel(runs('true'), runs('true'), runs('true'), tooLong, submit);
  expect((await work(model)).status).toBe('Completed');
  expect(model.seen[4]?.length).toBeLessThan(model.seen[3]?.length ?? 0);
  expect(model.seen[4]?.[1]).toMatchObject({ role: 'user', text: expect.stringContaining('earlier turns') });
  expect((await work(fakeModel(tooLong))).status).toBe('LimitsExceeded');
});

test('when the provider refuses the conversation, the work so far counts', async () => {
  const refusal = new ModelFailure('refused', 'fake refused a request: flagged');
  const logged: string[] = [];
  const record = (event: AgentEvent): void => {
    if (event.type === 'log') logged.push(event.text);
  };
  const working = work(fakeModel(runs('echo hello'), refusal), { seat: { record } });
  await expect(working).rejects.toMatchObject({ scope: 'work', message: refusal.message });
  expect(logged.at(-1)).toBe('stopped: fake refused a request: flagged');
});
