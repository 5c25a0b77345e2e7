import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentContext, AgentError, ConfigError } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { fakeInbox, fakeSeat, hostSandbox } from '@cooperbench/testing';
import { providerKey, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import { programFolder, writeProgram } from '../fake-program.test.support.ts';
import plugin from '../index.ts';
import { createConfiguredCli } from './agent.ts';
import type { CliOptions } from './options.ts';

/** Sends its last argument to its model, and prints the answer and its own arguments. */
const program = `
const { URL: url, KEY: key } = process.env;
const args = process.argv.slice(2);
fetch(url + '/chat/completions', {
  method: 'POST',
  headers: { authorization: 'Bearer ' + key },
  body: JSON.stringify({ messages: [{ role: 'user', content: args.at(-1) }] }),
}).then((response) => response.json()).then(({ choices }) => {
  console.log(JSON.stringify({ type: 'ran', tool: { args } }));
  console.log(JSON.stringify({ type: 'said', text: choices[0].message.content }));
});`;
const folder = programFolder();
const command = writeProgram(folder, 'asker', program);

const asker: CliOptions = {
  name: 'asker',
  api: 'openai',
  command: [command, '{prompt}'],
  env: { URL: '{model_url}/v1', KEY: '{token}' },
  events: [
    { when: { type: 'ran' }, call: { name: 'type', arguments: 'tool.args' }, result: 'tool' },
    { when: { type: 'said' }, say: 'text' },
  ],
};

async function work(options: CliOptions, overrides: Partial<AgentContext> = {}) {
  await using provider = await scriptedProvider([{ text: 'One.' }, { text: 'Two.' }]);
  await using workspace = await hostSandbox();
  const access = { model: 'gpt-4o', baseUrl: provider.url };
  const seat = fakeSeat(workspace, { ...access, ...overrides });
  const agent = createConfiguredCli(options, { COOPERBENCH_API_KEY: providerKey });
  const result = await agent.run('Greet.', seat.context);
  const shownLines: string[] = provider.requests.map(({ body }) => body.messages[0].content);
  return { result, seat, shown: shownLines };
}

test('rules turn its lines into the trajectory', async () => {
  const { result, seat, shown } = await work(asker);
  expect(result).toEqual({ status: 'Completed' });
  const prompt = expect.stringMatching(/^You are solo\.[\s\S]*\n\nGreet\.$/);
  expect(shown).toEqual([prompt]);
  expect(seat.messages()).toMatchObject([
    { role: 'system', content: expect.stringMatching(/^You are solo\./) },
    { role: 'user', content: 'Greet.' },
    { role: 'assistant', tool_calls: [{ id: '', name: 'ran', arguments: [prompt] }] },
    { role: 'tool', content: expect.stringMatching(/^{"args":\["You are solo/) },
    { role: 'assistant', content: 'One.' },
  ]);
});

test('{config} is a copy of the agent configuration in the sandbox', async () => {
  const configFile = join(folder, 'settings.yaml');
  writeFileSync(configFile, 'a: 1');
  const reads = {
    ...asker,
    command: ['sh', '-c', `cat "$1"; '${command}' "$2"`, 'sh', '{config}', '{prompt}'],
  };
  const { seat } = await work(reads, { configFile });
  expect(seat.texts('log').join()).toContain('a: 1');
});

test('an agent configuration needs {config}, and {config} needs an agent configuration', async () => {
  const refusal = async (options: CliOptions, configFile?: string): Promise<unknown> =>
    createConfiguredCli(options, { COOPERBENCH_API_KEY: providerKey })
      .preflight?.({ model: 'gpt-4o', baseUrl: 'http://127.0.0.1:1', configFile })
      .catch(({ code, message }) => [code, message]);
  expect(await refusal(asker, '/x.yaml')).toEqual(['AGENT_CONFIG', 'cli takes no agent configuration.']);
  const reads = { ...asker, command: [command, '{config}', '{prompt}'] };
  const missing = 'The options of cli use {config}, but there is no agent configuration.';
  expect(await refusal(reads)).toEqual(['AGENT_CONFIG', missing]);
});

const waiting = () => ({ seat: 'agent1', peers: ['agent2'], inbox: fakeInbox(['[agent2]: Hi.', 'More.']) });

test('messages that wait at its end resume it', async () => {
  const { seat, shown } = await work({ ...asker, resume: [command, '--continue', '{text}'] }, waiting());
  expect(shown[1]).toBe('[agent2]: Hi.\n\nMore.');
  expect(seat.messages()).toMatchObject([
    ...[{ role: 'system' }, { role: 'user' }, { role: 'assistant' }, { role: 'tool' }, { content: 'One.' }],
    { role: 'user', content: '[agent2]: Hi.\n\nMore.' },
    { tool_calls: [{ arguments: ['--continue', '[agent2]: Hi.\n\nMore.'] }] },
    ...[{ role: 'tool' }, { content: 'Two.' }],
  ]);
});

test('a CLI that cannot resume starts again with its task and the messages', async () => {
  const { shown } = await work(asker, waiting());
  expect(shown[1]).toBe(`${shown[0]}\n\n[agent2]: Hi.\n\nMore.`);
});

test('without rules, its output goes to the log', async () => {
  const { seat } = await work({ ...asker, events: undefined });
  expect(seat.texts('log').filter((text) => text.startsWith('{"type":"said"'))).toHaveLength(1);
  expect(seat.messages()).toHaveLength(2);
});

test('a value in a template that is not a string becomes one line of JSON; a CLI that asks no model is not scored', async () => {
  const options: CliOptions = {
    ...asker,
    command: ['node', '-e', 'fs.writeFileSync("input", fs.readFileSync(0) + process.env.MORE)', '{prompt}'],
    input: { say: ['{task} "{model}"', { '{model}': 1 }], none: null },
    env: { MORE: { key: 'not {this}' } },
  };
  await using workspace = await hostSandbox();
  const seat = fakeSeat(workspace, { model: 'gpt-4o', baseUrl: 'http://127.0.0.1:1' });
  const agent = createConfiguredCli(options, { COOPERBENCH_API_KEY: providerKey });
  const error = await agent.run('Greet.', seat.context).catch((error: unknown) => error);
  expect(AgentError.is(error) && error.code).toBe('AGENT_START');
  expect(Buffer.from(await workspace.readFile(`${workspace.repoDir}/input`)).toString()).toBe(
    '{"say":["Greet. \\"gpt-4o\\"",{"gpt-4o":1}],"none":null}\n{"key":"not {this}"}',
  );
});

test('events with other fields than expected add nothing', async () => {
  const lines = ['3', '{"a":"text"}', '{"type":"x","list":7}', '{"type":"x","list":[null,{"text":4}]}'];
  const options: CliOptions = {
    ...asker,
    command: ['sh', '-c', 'printf "%s\\n" "$@"; exec "$0" hello', command, ...lines],
    input: '{prompt}',
    events: [{ when: { type: 'x' }, each: 'list', say: 'item.text' }],
  };
  const { seat } = await work(options);
  expect(seat.messages().slice(2)).toMatchObject([{ role: 'assistant', content: '4' }]);
});

test.for([
  [{ command: ['asker', '{task}'] }, 'pass neither {prompt} nor both {task} and {instructions}'],
  [{ message: 'hello' }, '"message" does not contain {text}'],
  [{ message: '{text}' }, 'no rule of "events" has "finished"'],
] as const)('%o is refused', ([changed, output]) => {
  const create = () => createConfiguredCli({ ...asker, ...changed });
  expect(create).toThrow(ConfigError);
  expect(create).toThrow(output);
});

const registry = createContainer([plugin()]).get(tokens.registry);

test.for([
  [{}, 'api'],
  [{ ...asker, api: 'bedrock' }, 'api'],
  [{ ...asker, command: [] }, 'command'],
  [{ ...asker, events: [{ when: {}, says: 'text' }] }, 'unknown key "says"; did you mean "say"?'],
  [{ ...asker, events: [{ when: {}, say: 'a..b' }] }, 'a path such as message.content'],
] as const)('the schema refuses %o', ([options, output]) => {
  expect(() => registry.checkOptions('agents', 'cli', options)).toThrow(output);
});

test('its layer runs the script of the user with the function unpack', () => {
  const install = 'unpack tool 1.0.0\n';
  const options = {
    ...asker,
    name: 'tool-1.0.0',
    install,
    registry: 'https://npm.example/',
    command: ["it's"],
  };
  const [layer] = registry.get('agents', 'cli').layers?.(options) ?? [];
  expect(layer?.key).toBe('tool-1.0.0');
  expect(layer?.install).toMatch(/^set -e\nregistry='https:\/\/npm\.example'\n[\s\S]*unpack tool 1\.0\.0\n$/);
  expect(layer?.check).toContain(`command -v 'it'\\''s'`);
});
