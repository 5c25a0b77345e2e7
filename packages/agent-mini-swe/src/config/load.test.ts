import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadScripts } from '../scripted/load.ts';
import { loadAgentConfig } from './load.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agent-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function complaint(text: string): Promise<string> {
  const path = join(folder, 'agent.yaml');
  await writeFile(path, text);
  const error = await loadAgentConfig(path).catch((thrown) => thrown);
  expect(error).toMatchObject({ name: 'ConfigError', code: 'AGENT_CONFIG' });
  return error.message.replaceAll(path, 'agent.yaml');
}

const environment = { PAGER: 'cat', MANPAGER: 'cat', LESS: '-R', PIP_PROGRESS_BAR: 'off', TQDM_DISABLE: '1' };

test('the defaults apply without a file and with an empty one', async () => {
  const path = join(folder, 'empty.yaml');
  await writeFile(path, '# nothing\n');
  const defaults = await loadAgentConfig(undefined);
  expect(await loadAgentConfig(path)).toEqual(defaults);
  expect({ ...defaults, prompts: undefined }).toEqual({
    prompts: undefined,
    limits: {},
    command: { timeout_seconds: 120, output_bytes: 10_000 },
    compaction: { threshold_tokens: 28_000, keep_turns: 2 },
    model: { timeout_seconds: 600 },
    price: undefined,
    retries: { attempts: 8, max_wait_seconds: 60, max_retry_after_seconds: 300 },
    environment,
  });
});

test('every key of the file applies', async () => {
  const path = join(folder, 'full.yaml');
  await writeFile(
    path,
    `prompts: { system: "You are {{seat}}." }
limits: { steps: 5, cost_usd: 0.5 }
command: { timeout_seconds: 30, output_bytes: 4000 }
compaction: { threshold_tokens: 50000, keep_turns: 5 }
model: { temperature: 0, max_output_tokens: 2000, timeout_seconds: 90, reasoning: low, api: responses, provider_options: { openai: { user: me } } }
price: { input: 1, output: 2, cache_read: 0.1, cache_write: 1.25 }
retries: { attempts: 2, max_wait_seconds: 5, max_retry_after_seconds: 10 }
environment: { CI: "1" }
`,
  );
  const config = await loadAgentConfig(path);
  expect(config.prompts.system).toBe('You are {{seat}}.');
  expect(config.prompts.task).toContain('{{task}}');
  expect({ ...config, prompts: undefined }).toEqual({
    prompts: undefined,
    limits: { maxSteps: 5, maxCostUsd: 0.5 },
    command: { timeout_seconds: 30, output_bytes: 4000 },
    compaction: { threshold_tokens: 50_000, keep_turns: 5 },
    model: {
      temperature: 0,
      max_output_tokens: 2000,
      timeout_seconds: 90,
      reasoning: 'low',
      api: 'responses',
      provider_options: { openai: { user: 'me' } },
    },
    price: { input: 1, output: 2, cache_read: 0.1, cache_write: 1.25 },
    retries: { attempts: 2, max_wait_seconds: 5, max_retry_after_seconds: 10 },
    environment: { ...environment, CI: '1' },
  });
});

test('an unknown key is named with its place and the nearest key', async () => {
  expect(await complaint('limits:\n  step: 5\nprice: { input: cheap, output: 1 }\n')).toBe(
    'The agent configuration agent.yaml is not valid:\n' +
      '  limits: unknown key "step"; did you mean "steps"?\n' +
      '  price.input: found "cheap", expected a number',
  );
});

test('an unknown placeholder is named', async () => {
  expect(await complaint('prompts: { task: "{{tasks}} {{task}}" }')).toBe(
    'The agent configuration agent.yaml is not valid:\n' +
      '  prompts.task: unknown placeholder "{{tasks}}"; did you mean "{{task}}"?',
  );
});

test('a file that is not YAML is named with line and column', async () => {
  expect(await complaint('limits:\n  steps: 5\n  steps: 6\n')).toBe(
    'The agent configuration agent.yaml is not YAML: Map keys must be unique (line 3, column 3)',
  );
});

test('a file that cannot be read is named', async () => {
  await expect(loadAgentConfig('/nowhere/agent.yaml')).rejects.toMatchObject({
    code: 'AGENT_CONFIG',
    message: expect.stringContaining('The agent configuration /nowhere/agent.yaml cannot be read: ENOENT'),
  });
});

test('a pipe is not waited for', async () => {
  const pipe = join(folder, 'pipe.yaml');
  execFileSync('mkfifo', [pipe]);
  const message = expect.stringContaining('cannot be read: it is a pipe');
  await expect(loadAgentConfig(pipe)).rejects.toMatchObject({ code: 'AGENT_CONFIG', message });
  await expect(loadScripts(`scripted/${pipe}`)).rejects.toMatchObject({ code: 'SCRIPT_FILE', message });
});
