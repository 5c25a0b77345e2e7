import { spawnSync } from 'node:child_process';
import { runCommand } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { createClaudeCodeLayer } from './claude-code/definition.ts';
import plugin from './index.ts';

const registry = createContainer([plugin()]).get(tokens.registry);

test.for([
  ['claude_code', 'claude-code-2.0.1'],
  ['codex', 'codex-2.0.1'],
] as const)('a version and a registry of the user become part of the layer of %s', ([agent, key]) => {
  const options = { version: '2.0.1', registry: 'https://npm.example/mirror/' };
  const [layer] = registry.get('agents', agent).layers?.(options) ?? [];
  expect(layer?.key).toBe(key);
  expect(layer?.install).toContain("version='2.0.1'\nregistry='https://npm.example/mirror'\n");
  expect(spawnSync('sh', ['-n'], { input: layer?.install }).stderr.toString()).toBe('');
});

test('a command of the user is checked and not installed', async () => {
  const { key, install, check } = createClaudeCodeLayer({ command: '/opt/mine/claude' });
  expect({ key, install }).toEqual({ key: 'claude-code as /opt/mine/claude', install: ':' });
  await using workspace = await hostSandbox();
  const { exitCode, stderr } = await runCommand(workspace, ['/bin/sh', '-c', check]);
  expect({ exitCode, stderr: stderr.toString() }).toEqual({
    exitCode: 1,
    stderr: 'it has no command /opt/mine/claude\n',
  });
});

test.for([
  { version: "1'; rm -rf /" },
  { registry: "https://x/'" },
  { registry: 'https://me:secret@npm.example' },
  { command: 'claude --continue' },
  { command: '-x' },
])('%o is refused', (options) => {
  expect(() => registry.checkOptions('agents', 'claude_code', options)).toThrow(/are not valid/);
});
