import { spawnSync } from 'node:child_process';
import { runCommand } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { buildProgram, createAcpLayer, createPresetLayer } from './definition.ts';
import plugin from './index.ts';
import { type Preset, presets } from './presets.ts';

const registry = createContainer([plugin()]).get(tokens.registry);

test.for(Object.keys(presets))('%s has a layer with the version and the registry of the user', (name) => {
  const options = { version: '2.0.1', registry: 'https://npm.example/mirror/' };
  const [layer] = registry.get('agents', name).layers?.(options) ?? [];
  expect(layer?.key).toBe(`acp-${presets[name]?.command[0]}-2.0.1`);
  expect(layer?.install).toContain("version='2.0.1'\nregistry='https://npm.example/mirror'\n");
  expect(spawnSync('sh', ['-n'], { input: layer?.install }).stderr.toString()).toBe('');
});

test('a command of the user replaces the program of a preset, and nothing is installed', () => {
  const gemini = presets.gemini_cli as Preset;
  const options = { command: '/opt/mine/gemini' };
  expect(createPresetLayer(gemini, options)).toMatchObject({
    key: 'acp-gemini as /opt/mine/gemini',
    install: ':',
  });
  expect(buildProgram(gemini, options).command.slice(0, 2)).toEqual(['/opt/mine/gemini', '--acp']);
});

test('the layer of acp runs what the options say, and checks that its command is there', async () => {
  const layer = createAcpLayer({
    name: 'mine-1',
    api: 'openai',
    command: ["it's", '--acp'],
    install: 'unpack mine 1',
  });
  expect(layer).toMatchObject({
    key: 'acp-mine-1',
    install: expect.stringMatching(/unpack\(\)[\s\S]*\nunpack mine 1$/),
  });
  await using workspace = await hostSandbox();
  const { exitCode, stderr } = await runCommand(workspace, ['/bin/sh', '-c', layer.check]);
  expect([exitCode, stderr.toString()]).toEqual([1, "it has no command it's\n"]);
});

test.for([
  ['acp', { name: 'mine-1', api: 'openai' }],
  ['acp', { name: 'mine-1', api: 'cobol', command: ['mine'] }],
  ['gemini_cli', { effort: 'high' }],
  ['gemini_cli', { temperature: 0.3 }],
  ['qwen_code', { effort: 'enormous' }],
  ['qwen_code', { retries: 3 }],
  ['kimi', { version: "1'; rm -rf /" }],
] as const)('options of %s are refused: %o', ([name, options]) => {
  expect(() => registry.checkOptions('agents', name, options)).toThrow(/are not valid/);
});

test.for([
  ['acp', { name: 'mine-1', api: 'openai', command: ['mine'], files: { 'a.json': { key: '{token}' } } }],
  ['kimi', { retries: 3, effort: 'low', temperature: 0.3, topP: 0.8, contextWindow: 50_000 }],
] as const)('options of %s are accepted: %o', ([name, options]) => {
  expect(() => registry.checkOptions('agents', name, options)).not.toThrow();
});
