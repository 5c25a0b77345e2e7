import type { ConfigError } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { parseRestError } from './batch/rest-error.ts';
import { faults } from './faults.ts';

const readOutput = (error: unknown): Pick<ConfigError, 'code' | 'message'> => {
  const { code, message } = faults.beforeRun(error);
  return { code, message };
};

test('the history of attempts that a client adds is left out', () => {
  const timeout = Object.assign(
    new Error(
      'Total timeout of API google.cloud.compute.v1.Instances exceeded 60000 milliseconds retrying error Error: busy  : Previous errors : [{message: busy, code: 14}]',
    ),
    { code: 4 },
  );
  expect(readOutput(timeout)).toEqual({
    code: 'GCP_UNREACHABLE',
    message: 'Google Cloud does not answer: busy',
  });
  expect(faults.beforeRun(timeout).hint).toBe(
    'Check the network and status.cloud.google.com, then repeat the command.',
  );
});

test('an error of a REST client means what the same error means over gRPC', () => {
  const answer = { code: 403, message: 'No permission.', details: [{ reason: 'IAM_PERMISSION_DENIED' }] };
  const ofBatch = Object.assign(new Error(JSON.stringify({ error: answer })), { code: '403' });
  const ofStorage = Object.assign(new Error('No permission.'), { code: 403 });
  const overGrpc = Object.assign(new Error('No permission.'), { code: 7 });
  for (const error of [parseRestError(ofBatch), parseRestError(ofStorage), overGrpc])
    expect(readOutput(error)).toEqual({
      code: 'GCP_DENIED',
      message: 'Google Cloud denied access: No permission.',
    });
});

test('an API that is not enabled is named, whichever client says so', () => {
  const metadata = { service: 'batch.googleapis.com', consumer: 'projects/7' };
  const answer = { message: 'Not enabled.', details: [{ reason: 'SERVICE_DISABLED', metadata }] };
  expect(readOutput(parseRestError(new Error(JSON.stringify({ error: answer }))))).toEqual({
    code: 'GCP_API_DISABLED',
    message: 'batch.googleapis.com is not enabled for the project 7.',
  });
  const ofStorage = new Error('Storage has not been used in project 7 before or it is disabled.');
  expect(
    readOutput(parseRestError(Object.assign(ofStorage, { errors: [{ reason: 'accessNotConfigured' }] }))),
  ).toEqual({
    code: 'GCP_API_DISABLED',
    message: 'storage.googleapis.com is not enabled for the project 7.',
  });
});
