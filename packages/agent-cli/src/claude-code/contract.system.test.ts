import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import local from '@cooperbench/backend-local';
import type { Backend } from '@cooperbench/core';
import { shellTask } from '@cooperbench/testing';
import { frameworkContract } from '@cooperbench/testing/frameworks';
import { afterAll, beforeAll, test } from 'vitest';
import { programFolder } from '../fake-program.test.support.ts';
import { createClaudeCodeLayer } from './definition.ts';
import { fakeClaude } from './fake-claude.test.support.ts';
import { claudeCodeSubject } from './subject.test.support.ts';

const folder = programFolder();

// A command of this machine, shown to sandboxes without network by the option `tools`.
const path = process.env.PATH;
const datasetDir = shellTask();
let backend: Backend;
beforeAll(async () => {
  process.env.PATH = `${dirname(fakeClaude(folder))}:${path}`;
  backend = (await local().backends?.local?.create({
    isolation: 'bubblewrap',
    tools: ['node', 'python3', 'claude'],
  })) as Backend;
});
afterAll(async () => {
  process.env.PATH = path;
  await backend[Symbol.asyncDispose]?.();
  rmSync(datasetDir, { recursive: true });
});

let count = 0;
const subject = claudeCodeSubject({}, () => {
  count += 1;
  return backend.create({
    name: `claude-${count}`,
    labels: { run: 'test' },
    image: 'none',
    taskDir: `${datasetDir}/shell_task/task1`,
    untrusted: true,
    lifetimeMs: 3_600_000,
    layers: [createClaudeCodeLayer({})],
  });
});

test.for(frameworkContract)('$name', (agentCase) => agentCase.check(subject));
