import { SandboxError } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { createOperationFault } from './operation-fault.ts';

const explained = (...callArguments: Parameters<typeof createOperationFault>): object => {
  const fault = createOperationFault(...callArguments);
  const { code, message, hint } = fault;
  return { code, message, hint, retryable: SandboxError.is(fault) && fault.retryable };
};

test('a quota without details is taken from the message', () => {
  const message = "Quota 'CPUS' exceeded.";
  expect(explained({ code: 'QUOTA_EXCEEDED', message }, 'p')).toEqual({
    code: 'GCP_QUOTA',
    message: "The quota CPUS is used up: Quota 'CPUS' exceeded.",
    hint: 'Lower --concurrency, or raise the quota: https://console.cloud.google.com/iam-admin/quotas?project=p&service=compute.googleapis.com',
    retryable: true,
  });
});

test('any other operation that fails is an error of this sandbox', () => {
  expect(explained({ code: 'RESOURCE_NOT_FOUND', message: 'No such image.' }, 'p')).toEqual({
    code: 'SANDBOX_CREATE',
    message: 'Google Cloud did not create a VM: No such image.',
    hint: undefined,
    retryable: false,
  });
});
