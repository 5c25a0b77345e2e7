import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AgentContext } from '@cooperbench/core';
import { fakeInbox, fakeSeat, hostSandbox } from '@cooperbench/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMiniSweAgent } from './agent.ts';
import plugin from './index.ts';
import { submitCommand } from './shell/submission.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mini-swe-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

async function replay(script: string, overrides: Partial<AgentContext> = {}, config = '') {
  const path = await file('script.yaml', script);
  const configFile = await file('agent.yaml', config);
  await using workspace = await hostSandbox();
  const ran = fakeSeat(workspace, { model: `scripted/${path}`, configFile, ...overrides });
  const result = await createMiniSweAgent({ env: {} }).run('Make it so.', ran.context);
  return { ...ran, result, path };
}

test('the plugin provides the agent under both names, and replays need no isolation', () => {
  const { name, version, agents } = plugin();
  expect([name, version]).toEqual(['@cooperbench/agent-mini-swe', expect.stringMatching(/^\d+\.\d+\.\d+/)]);
  expect(Object.entries(agents ?? {}).map(([name, agent]) => [name, agent.short])).toEqual([
    ['mini_swe_agent', 'msa'],
    ['mini_swe_agent_v2', 'msa2'],
  ]);
  expect(agents?.mini_swe_agent?.untrusted?.('scripted/demo.yaml')).toBe(false);
  expect(agents?.mini_swe_agent?.untrusted?.('gpt-4o')).toBe(true);
});

test('importing the plugin imports no SDK', async () => {
  const watch = `
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ resolve: (name, context, next) => (seen.push(name), next(name, context)) });
    await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
    console.log(JSON.stringify(seen.filter((name) => /^(ai|@ai-sdk|@pydantic|yaml)/.test(name))));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', watch]);
  expect(JSON.parse(stdout)).toEqual([]);
});

test('replays a script, and says everywhere that no model was called', async () => {
  const { result, messages, texts, steps, usages, path } = await replay(`
scripts:
  - turns:
      - say: I look first.
        run: [cat README.md, ls]
        usage: { input_tokens: 10, output_tokens: 5, cost: 0.25 }
      - run: echo changed > README.md
`);
  const notice = `No model is called: the turns are replayed from ${path}.`;
  expect(result).toEqual({ status: 'Completed' });
  expect(steps()).toBe(3);
  expect(texts('notice')).toEqual([notice]);
  expect(messages()[0]?.content.startsWith(`${notice}\n\nYou are solo,`)).toBe(true);
  expect(messages()[1]?.content).toContain('Make it so.');
  expect(messages()[2]).toMatchObject({
    role: 'assistant',
    content: 'I look first.',
    cost: 0.25,
    input_tokens: 10,
    output_tokens: 5,
    tool_calls: [
      { id: 'scripted-1-1', name: 'bash', arguments: { command: 'cat README.md' } },
      { id: 'scripted-1-2', name: 'bash', arguments: { command: 'ls' } },
    ],
  });
  expect(messages()[3]).toMatchObject({
    role: 'tool',
    name: 'bash',
    content: 'exit code: 0\noutput:\nhello\n',
  });
  expect(messages()[3]?.timestamp).toBeGreaterThan(1_700_000_000);
  expect(usages().map(({ costUsd }) => costUsd)).toEqual([0.25, 0, 0]);
  expect(messages().at(-1)?.content).toContain('COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT');
});

test('each seat gets the first script that matches it', async () => {
  const script = `
scripts:
  - match: { setting: solo }
    turns: [{ say: for solo, submit: true }]
  - match: { task: some_task/task8 }
    turns: [{ say: for another task, submit: true }]
  - match: { seat: agent2, task: some_task/task7 }
    turns: [{ say: for the second, submit: true }]
  - match: { features: [2, 1] }
    turns: [{ say: for both features, submit: true }]
`;
  const readOutput = async (overrides: Partial<AgentContext>): Promise<string | undefined> =>
    (await replay(script, overrides)).messages().find(({ role }) => role === 'assistant')?.content;
  const coop = { trial: 'coop/some_task/7/f1_f2' };
  expect(await readOutput({})).toBe('for solo');
  expect(await readOutput({ ...coop, seat: 'agent2', peers: ['agent1'] })).toBe('for the second');
  expect(await readOutput({ ...coop, seat: 'agent1', features: [1, 2] })).toBe('for both features');
  await expect(readOutput({ ...coop, seat: 'agent1', features: [1] })).rejects.toMatchObject({
    code: 'SCRIPT_NO_MATCH',
    scope: 'seat',
    message: `${join(folder, 'script.yaml')} has no script for agent1 on some_task/task7 with features 1.`,
  });
  await expect(readOutput({ ...coop, seat: 'agent1', features: [], phase: 'plan' })).rejects.toThrow(
    'has no script for agent1 in the phase plan on some_task/task7 with no features.',
  );
});

test('a script goes through the same loop: messages, malformed calls, limits', async () => {
  const { messages, result, steps } = await replay(
    `scripts: [{ turns: [{ tool: { name: bash, arguments: nonsense } }, { wait_ms: 10, run: "true" }, { run: "true" }] }]`,
    {
      seat: 'agent1',
      peers: ['agent2'],
      inbox: fakeInbox([], ['[Message from agent2]: hello']),
      limits: { maxSteps: 50 },
    },
    'limits: { steps: 2 }',
  );
  expect(result.status).toBe('LimitsExceeded');
  expect(steps()).toBe(2);
  expect(
    messages()
      .map(({ role, content }) => [role, content.slice(0, 40)])
      .slice(2),
  ).toEqual([
    ['assistant', ''],
    ['tool', 'The arguments of the tool call are not a'],
    ['user', '[Message from agent2]: hello'],
    ['assistant', ''],
    ['tool', 'exit code: 0\n(no output)'],
  ]);
});

test('patch.txt is handed in when the agent wrote one, and is not when the repository brought it', async () => {
  const script = `scripts: [{ turns: [{ run: "printf 'diff \\\\r\\\\n' > patch.txt" }] }]`;
  expect((await replay(script)).result.patch?.toString()).toBe('diff \r\n');
  await using workspace = await hostSandbox({ 'patch.txt': 'old\n' });
  const ran = fakeSeat(workspace, { model: `scripted/${join(folder, 'script.yaml')}` });
  expect(await createMiniSweAgent().run('x', ran.context)).toEqual({ status: 'Completed' });
});

test('a script file that will not do is refused before anything runs', async () => {
  const { preflight } = createMiniSweAgent({ env: {} });
  const bad = await file('bad.yaml', 'scripts: [{ turn: [] }]');
  await expect(preflight?.({ model: `scripted/${bad}` })).rejects.toMatchObject({
    name: 'ConfigError',
    code: 'SCRIPT_FILE',
    message: expect.stringContaining('scripts.0: unknown key "turn"; did you mean "turns"?'),
  });
  await expect(preflight?.({ model: 'scripted/none.yaml' })).rejects.toMatchObject({
    code: 'SCRIPT_FILE',
    message: expect.stringContaining('none.yaml cannot be read'),
  });
  const good = await file('good.json', '{ "scripts": [{ "turns": [] }] }');
  expect(await preflight?.({ model: `scripted/${good}` })).toEqual([
    `No model is called: the turns are replayed from ${good}.`,
  ]);
});

test('preflight knows whether there is a price, and refuses what cannot work', async () => {
  const { preflight, knowsPrice } = createMiniSweAgent({ env: { OPENAI_API_KEY: 'k', HOME: folder } });
  const openai = 'Model requests go to https://api.openai.com/v1 with the key in OPENAI_API_KEY.';
  expect(await preflight?.({ model: 'gpt-4o' })).toEqual([openai]);
  expect(await knowsPrice?.({ model: 'gpt-4o' })).toBe(true);
  expect(await knowsPrice?.({ model: 'openai/mine' })).toBe(false);
  expect(await preflight?.({ model: 'openai/mine' })).toEqual([
    openai,
    'The price of openai/mine is not known: its cost is not counted. State it in USD per million tokens, --price openai/mine=INPUT,OUTPUT.',
  ]);
  const configFile = await file('price.yaml', 'price: { input: 1, output: 2 }');
  expect(await preflight?.({ model: 'openai/mine', configFile })).toEqual([openai]);
  expect(await knowsPrice?.({ model: 'openai/mine', configFile })).toBe(true);
  await expect(preflight?.({ model: 'claude-sonnet-4-5' })).rejects.toMatchObject({
    code: 'MODEL_KEY_MISSING',
    hint: 'Set ANTHROPIC_API_KEY in the environment or in .env.',
  });
  await expect(preflight?.({ model: 'vertex_ai/gemini-2.5-flash' })).rejects.toMatchObject({
    code: 'MODEL_KEY_MISSING',
    hint: 'Set GOOGLE_APPLICATION_CREDENTIALS to a key file, or run `gcloud auth application-default login`. With a Gemini API key, use the model gemini/gemini-2.5-flash.',
  });
  await expect(preflight?.({ model: 'vetrex_ai/gemini' })).rejects.toMatchObject({
    code: 'UNKNOWN_MODEL_PROVIDER',
    hint: 'Did you mean "vertex_ai"?',
  });
});

test('the step limit in the prompt is the one that holds', async () => {
  const { messages } = await replay('scripts: [{ turns: [] }]', {}, 'limits: { steps: 7 }');
  expect(messages()[1]?.content).toContain('You have 7 steps');
  expect(messages()[1]?.content).toContain(submitCommand);
});
