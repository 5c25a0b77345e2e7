import { expect, test } from 'vitest';
import { maskSecrets } from './mask-secrets.ts';

test('passwords in URLs and texts under secret keys are masked, at any depth; nothing else is', () => {
  expect(
    maskSecrets({
      url: 'rediss://me:s3:cr@et@host:6379/0',
      again: ['redis://:pw@host', 'https://host:8080/a@b', 'me:pw@host'],
      hub: { apiKey: 'x', deep: { authToken: ['a', 'b'] }, tokens: 7 },
      password: { of: 'x' },
      cpus: 2,
      none: null,
    }),
  ).toEqual({
    url: 'rediss://me:***@host:6379/0',
    again: ['redis://:***@host', 'https://host:8080/a@b', 'me:pw@host'],
    hub: { apiKey: '***', deep: { authToken: ['***', '***'] }, tokens: 7 },
    password: { of: '***' },
    cpus: 2,
    none: null,
  });
});
