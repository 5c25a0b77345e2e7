import { expect, test } from 'vitest';
import { findCredentialsFor, getRegistry } from './credentials.ts';

test('an image’s registry is what Docker takes it to be', () => {
  const hub = 'https://index.docker.io/v1/';
  expect(['debian', 'me/image:tag', 'docker.io/me/image', 'a/b/c@sha256:1'].map(getRegistry)).toEqual(
    Array(4).fill(hub),
  );
  expect(getRegistry('ghcr.io/me/image')).toBe('ghcr.io');
  expect(getRegistry('localhost/image')).toBe('localhost');
  expect(getRegistry('127.0.0.1:5000/image:1')).toBe('127.0.0.1:5000');
});

test('tokens, passwords with colons and nothing at all', async () => {
  const auth = Buffer.from('me:a:b').toString('base64');
  const auths = { 'ghcr.io': { auth }, 'quay.io': { identitytoken: 'token' } };
  expect(await findCredentialsFor('ghcr.io/x', { auths })).toEqual({
    username: 'me',
    password: 'a:b',
    serveraddress: 'ghcr.io',
  });
  expect(await findCredentialsFor('quay.io/x', { auths })).toEqual({
    identitytoken: 'token',
    serveraddress: 'quay.io',
  });
  expect(await findCredentialsFor('debian', { auths })).toBeUndefined();
});

test('a helper that is not there is named', async () => {
  await expect(findCredentialsFor('debian', { credsStore: 'no-such-helper' })).rejects.toThrow(
    'docker-credential-no-such-helper failed for https://index.docker.io/v1/: spawn docker-credential-no-such-helper ENOENT',
  );
  await expect(findCredentialsFor('debian', { credsStore: '../x' })).rejects.toThrow('its name is not valid');
});
