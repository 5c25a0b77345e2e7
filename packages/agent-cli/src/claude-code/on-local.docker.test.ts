import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import local from '@cooperbench/backend-local';
import { shellTask } from '@cooperbench/testing';
import { checkPair } from '@cooperbench/testing/frameworks';
import { onTestFinished, test } from 'vitest';
import { dockerTask, installed } from '../docker.test.support.ts';
import plugin from '../index.ts';
import { createClaudeCodeLayer } from './definition.ts';
import { claudeCodeMember } from './subject.test.support.ts';

const task = dockerTask('claude-code');

// Docker only provides the program: the layer has installed it in an image already.
test('a pair of the real Claude Code works under bubblewrap, without network', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-claude-'));
  const datasetDir = shellTask();
  const path = process.env.PATH;
  onTestFinished(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
    rmSync(datasetDir, { recursive: true });
  });
  {
    await using sandbox = await task.sandbox(createClaudeCodeLayer(installed));
    execFileSync('docker', ['cp', `${sandbox.id}:/opt/claude-code/package/claude`, folder], {
      stdio: 'ignore',
    });
  }
  process.env.PATH = `${folder}:${path}`;
  await checkPair({
    ...{ plugins: [local(), plugin()], datasetDir, backend: 'local' },
    backendOptions: { isolation: 'bubblewrap', tools: ['node', 'python3', 'claude'] },
    agentOptions: { claude_code: { ...installed, command: join(folder, 'claude') } },
    ...{ agent1: claudeCodeMember, agent2: claudeCodeMember },
  });
});
