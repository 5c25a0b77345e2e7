import { PassThroughClient } from 'google-auth-library';
import { afterEach, expect, test, vi } from 'vitest';
import { openAccount } from './account.ts';

afterEach(() => void vi.unstubAllEnvs());

test('gcloud’s variables name other servers, and one without encryption gets no token', async () => {
  vi.stubEnv('CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE', 'http://127.0.0.1:81/');
  vi.stubEnv('CLOUDSDK_API_ENDPOINT_OVERRIDES_BATCH', 'https://batch.test/');
  vi.stubEnv('CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE', '');
  const account = await openAccount('p');
  expect(account.project).toBe('p');
  expect(account.connectionTo('compute')).toEqual({
    ...{ projectId: 'p', apiEndpoint: '127.0.0.1', port: 81, protocol: 'http' },
    authClient: expect.any(PassThroughClient),
  });
  expect(account.connectionTo('batch')).toEqual({
    ...{ projectId: 'p', apiEndpoint: 'batch.test', port: 443, protocol: 'https' },
  });
  expect(account.connectionTo('storage')).toEqual({ projectId: 'p' });
});
