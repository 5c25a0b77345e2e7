import { expect, test } from 'vitest';
import { checkApis, type Google } from './google.ts';

test('a bucket that Cloud Storage does not create is no bucket', async () => {
  const said: string[] = [];
  // Undefined stands for 404.
  const ask: Google['ask'] = async (service) => (service === 'storage' ? undefined : {});
  const where = { project: 'p', region: 'us-central1', bucket: 'b' };
  const checked = checkApis({ ask }, where, (line) => said.push(line), new AbortController().signal);
  await expect(checked).rejects.toMatchObject({
    code: 'GCP_SETUP',
    message: 'storage.googleapis.com does not answer as it should: It has no project p for the bucket b.',
  });
  expect(said).not.toContain('Created the bucket b in us-central1.');
});
