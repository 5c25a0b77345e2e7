import type { RunEvent } from '@cooperbench/records';
import { createContainer, tokens } from '@cooperbench/runs';
import { expect, test } from 'vitest';
import plugin from './index.ts';
import type { Options } from './options.ts';
import { createReporter } from './reporter.ts';

const verdict = (trial: string, status: 'passed' | 'failed' | 'error', error: string | null): RunEvent => ({
  ...{ time: '2026-01-01T00:00:00.000Z', type: 'verdict', trial, status, error },
  ...{ both_passed: status === 'passed', overall_success: status === 'passed', merge: null, strategy: null },
  ...{ unrecognised: false, missing_tests: false, framework_patched: false },
});
const events: readonly RunEvent[] = [
  verdict('coop/a_task/1/f1_f2', 'passed', null),
  verdict('coop/a_task/2/f1_f2', 'error', 'no\u001b[2J room'),
];

async function output(options: Options): Promise<string> {
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const reporter = createReporter(options).open({ output: { write } });
  for (const event of events) reporter.onEvent(event);
  await reporter.close();
  return text;
}

test('each verdict has a line, and what an agent wrote controls no terminal', async () => {
  expect(await output({})).toBe(
    'passed coop/a_task/1/f1_f2\nerror  coop/a_task/2/f1_f2 (no [2J room)\n1 of 2 passed\n',
  );
});

test('trials that pass can be left out', async () => {
  expect(await output({ failuresOnly: true })).not.toContain('passed coop');
});

test('it is what the plugin provides', async () => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect((await registry.make('reporters', '__name__', {})).open).toBeTypeOf('function');
});

test('unknown options are refused', () => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect(() => registry.checkOptions('reporters', '__name__', { failureOnly: true })).toThrow(
    'unknown key "failureOnly"; did you mean "failuresOnly"?',
  );
});
