import { expect, test } from 'vitest';
import { credentialsFor, registryOf } from './credentials.ts';

test('an image’s registry is what Docker takes it to be', () => {
  const hub = 'https://index.docker.io/v1/';
  expect(['debian', 'me/image:tag', 'docker.io/me/image', 'a/b/c@sha256:1'].map(registryOf)).toEqual(
    Array(4).fill(hub),
  );
  expect(registryOf('ghcr.io/me/image')).toBe('ghcr.io');
  expect(registryOf('localhost/image')).toBe('localhost');
  expect(registryOf('127.0.0.1:5000/image:1')).toBe('127.0.0.1:5000');
});

test('tokens, passwords with colons and nothing at all', async () => {
  const auth = Buffer.from('me:a:b').toString('base64');
  const auths = { 'ghcr.io': { auth }, 'quay.io': { identitytoken: 'token' } };
  expect(await credentialsFor('ghcr.io/x', { auths })).toEqual({
    username: 'me',
    password: 'a:b',
    serveraddress: 'ghcr.io',
  });
  expect(await credentialsFor('quay.io/x', { auths })).toEqual({
    identitytoken: 'token',
    serveraddress: 'quay.io',
  });
  expect(await credentialsFor('debian', { auths })).toBeUndefined();
});

test('a helper that is not there is named', async () => {
  await expect(credentialsFor('debian', { credsStore: 'no-such-helper' })).rejects.toThrow(
    'docker-credential-no-such-helper failed for https://index.docker.io/v1/: spawn docker-credential-no-such-helper ENOENT',
  );
  await expect(credentialsFor('debian', { credsStore: '../x' })).rejects.toThrow('its name is not valid');
});
