import { expectLinearTime } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { maskSecrets, maskSecretText } from './mask-secrets.ts';

test('in a text of any format, values after keys that name a secret are masked', () => {
  const text = `api_key: abc
model:
  max_tokens: 4096
  "apiKey": "a b\\" c", other: 1
  TOKEN = 'x y'
  empty_key:
  header: Bearer abcdef
  url: https://me:pw@host/?token=t
`;
  expect(maskSecretText(text, {})).toBe(
    `api_key: ***
model:
  max_tokens: 4096
  "apiKey": ***, other: 1
  TOKEN = ***
  empty_key:
  header: Bearer ***
  url: https://me:***@host/?token=***
`,
  );
});

test('passwords in URLs and texts under secret keys are masked, at any depth; nothing else is', () => {
  expect(
    maskSecrets({
      url: 'rediss://me:s3:cr@et@host:6379/0',
      again: ['redis://:pw@host', 'https://host:8080/a@b', 'me:pw@host'],
      query: 'http://u:sk-1@h/v1?a=1&api-key=sk-1&b=2#c',
      header: 'Authorization: Bearer abc.def-1',
      hub: { apiKey: 'x', deep: { authToken: ['a', 'b'] }, tokens: 7 },
      password: { of: 'x' },
      sshPassphrase: 'x',
      keyPrefix: 'k',
      tokenizer: 'gpt2',
      OPENAI_API_KEY_2: 'x',
      cpus: 2,
      none: null,
    }),
  ).toEqual({
    url: 'rediss://me:***@host:6379/0',
    again: ['redis://:***@host', 'https://host:8080/a@b', 'me:pw@host'],
    query: 'http://u:***@h/v1?a=1&api-key=***&b=2#c',
    header: 'Authorization: Bearer ***',
    hub: { apiKey: '***', deep: { authToken: ['***', '***'] }, tokens: 7 },
    password: { of: '***' },
    sshPassphrase: '***',
    keyPrefix: 'k',
    tokenizer: 'gpt2',
    OPENAI_API_KEY_2: '***',
    cpus: 2,
    none: null,
  });
});

test('so is what a variable holds whose name sounds like a secret, wherever it stands, unless it is too short to tell', () => {
  const environment = {
    MY_TOKEN: 'hunter2-hunter2',
    A_KEY: 'hunter2-',
    SHORT_KEY: 'abc',
    HOME: '/home/somebody',
  };
  expect(maskSecrets({ greeting: 'I am hunter2-hunter2, abc of /home/somebody' }, '', environment)).toEqual({
    greeting: 'I am ***, abc of /home/somebody',
  });
});

test.for(['?key', 'a.', '?', 'a://', 'Bearer '])(
  'text of %j again and again takes time in proportion to its length',
  (part) => {
    expectLinearTime((text) => maskSecrets(text, '', {}), part, 50_000);
  },
);
