import { expect, test } from 'vitest';
import { checkApis, createLoginFault, type Google } from './google.ts';

test('a bucket that Cloud Storage does not create is no bucket', async () => {
  const lines: string[] = [];
  // Undefined stands for 404.
  const ask: Google['ask'] = async (service) => (service === 'storage' ? undefined : {});
  const where = { project: 'p', region: 'us-central1', bucket: 'b' };
  const checked = checkApis({ ask }, where, (line) => lines.push(line), new AbortController().signal);
  await expect(checked).rejects.toMatchObject({
    code: 'GCP_SETUP',
    message: 'storage.googleapis.com does not answer as it should: It has no project p for the bucket b.',
  });
  expect(lines).not.toContain('Created the bucket b in us-central1.');
});

test.for([
  // As Google answers a refresh token that was revoked.
  [
    Object.assign(new Error('invalid_grant'), { response: { data: { error: 'invalid_grant' } } }),
    'GCP_CREDENTIALS',
  ],
  [
    Object.assign(new Error('Request failed with status code 400'), {
      response: { data: { error: 'invalid_grant' } },
    }),
    'GCP_CREDENTIALS',
  ],
  [new Error('getaddrinfo EAI_AGAIN oauth2.googleapis.com'), 'GCP_SETUP'],
] as const)('without a token, an old login and a missing network are told apart: %s', ([error, code]) => {
  expect(createLoginFault(error)).toMatchObject({ code, message: expect.stringContaining(error.message) });
});
