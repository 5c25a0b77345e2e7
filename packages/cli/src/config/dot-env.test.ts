import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, refusal } from './config.test.support.ts';
import { loadDotEnv } from './dot-env.ts';

test('sets what the environment lacks, and names it', () => {
  const folder = folderWith({ '.env': 'A=file\nB="two words"\n' });
  const environment = { A: 'environment' };
  expect(loadDotEnv(environment, join(folder, '.env'))).toEqual({ set: ['B'], refused: [] });
  expect(environment).toEqual({ A: 'environment', B: 'two words' });
  expect(loadDotEnv(environment, join(folder, 'none'))).toEqual({ set: [], refused: [] });
});

test('does not let a file decide what this process and its children trust', () => {
  const names = [
    'NODE_TLS_REJECT_UNAUTHORIZED',
    'HTTPS_PROXY',
    'http_proxy',
    'LD_PRELOAD',
    'GIT_SSH_COMMAND',
    'MODAL_SERVER_URL',
    // A file of Modal's names a server, too.
    'MODAL_CONFIG_PATH',
    'DOCKER_HOST',
    'npm_config_registry',
    'COOPERBENCH_BACKEND_OPTION',
    'COOPERBENCH_UNISOLATED',
  ];
  const folder = folderWith({ '.env': [...names, 'NODEMAILER_URL'].map((name) => `${name}=x`).join('\n') });
  const environment = {};
  expect(loadDotEnv(environment, join(folder, '.env'))).toEqual({
    set: ['NODEMAILER_URL'],
    refused: names.sort(),
  });
  expect(environment).toEqual({ NODEMAILER_URL: 'x' });
});

test('a directory in its place is an error with its path', async () => {
  const folder = folderWith({ '.env/file': '' });
  const path = join(folder, '.env');
  expect(await refusal(() => loadDotEnv({}, path))).toEqual({
    code: 'DOT_ENV',
    message: `${path} cannot be read: it is a directory.`,
    hint: 'Check that it is a file and that you may read it, or remove it.',
  });
});
