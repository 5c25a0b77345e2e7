import { ConfigError, SandboxError } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { providerFaults } from './provider-faults.ts';

const faults = providerFaults({
  denied: { code: 'X_TOKEN', message: 'X refused the token' },
  limited: { code: 'X_LIMIT', message: 'X is full' },
  unreachable: { code: 'X_UNREACHABLE', message: 'X does not answer' },
  refused: { code: 'X_REFUSED', message: 'X refused' },
  messageFrom: (error) => (error as Error).message,
  known: (error) =>
    (error as Error).message === 'off' ? { code: 'X_OFF', message: 'X is off.' } : undefined,
});

const fault = (code: unknown, message = 'why') => Object.assign(new Error(message), { code });

test.for([
  [7, 'X_TOKEN', 'X refused the token: why', false],
  [16, 'X_TOKEN', 'X refused the token: why', false],
  [8, 'X_LIMIT', 'X is full: why', true],
  [14, 'X_UNREACHABLE', 'X does not answer: why', true],
  ['ECONNREFUSED', 'X_UNREACHABLE', 'X does not answer: why', true],
  [3, 'SANDBOX_CREATE', 'It was not made: why', false],
  [undefined, 'SANDBOX_CREATE', 'It was not made: why', false],
] as const)('an error with the code %s is %s', ([code, known, message, retryable]) => {
  const error = faults.inRun(fault(code), 'SANDBOX_CREATE', 'It was not made') as SandboxError;
  expect([error.code, error.message, error.retryable]).toEqual([known, message, retryable]);
});

test.for([
  [14, true],
  ['ECONNREFUSED', true],
  [7, true],
  [4, false],
  [8, false],
  [3, false],
] as const)('an error with the code %s is evidence from outside the sandbox: %s', ([code, fromOutside]) => {
  expect(faults.inRun(fault(code), 'SANDBOX_EXEC', 'It was not started')).toMatchObject({ fromOutside });
});

test('an error that a provider explains itself keeps its own words', () => {
  expect(faults.inRun(fault(7, 'off'), 'SANDBOX_CREATE', 'It was not made')).toMatchObject({
    code: 'X_OFF',
    message: 'X is off.',
  });
});

test('before a run, every error is one of the configuration', () => {
  expect(faults.beforeRun(fault(3))).toMatchObject({ code: 'X_REFUSED', message: 'X refused: why' });
  expect(faults.beforeRun(fault(3))).toBeInstanceOf(ConfigError);
});

test("CooperBench's own errors stay as they are", () => {
  const own = new SandboxError('SANDBOX_LAYER', 'no layer');
  expect(faults.inRun(own, 'SANDBOX_CREATE', 'It was not made')).toBe(own);
});

test.for([[5], [404]])('the code %s means that it does not exist', ([code]) => {
  expect(faults.isNotFound(fault(code))).toBe(true);
  expect(faults.isNotFound(fault(7))).toBe(false);
});
