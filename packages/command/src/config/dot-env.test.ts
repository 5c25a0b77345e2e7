import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith } from '@cooperbench/test-support/folder';
import { findRefusal } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { loadDotEnv } from './dot-env.ts';

test('sets what the environment lacks, and names it', () => {
  const folder = folderWith({ '.env': 'COOPERBENCH_MODEL=file\nCOOPERBENCH_REPO="two words"\n' });
  const environment = { COOPERBENCH_MODEL: 'environment' };
  expect(loadDotEnv(environment, join(folder, '.env'))).toEqual({ set: ['COOPERBENCH_REPO'], refused: [] });
  expect(environment).toEqual({ COOPERBENCH_MODEL: 'environment', COOPERBENCH_REPO: 'two words' });
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
    'COOPERBENCH_AGENT_CONFIG',
    'COOPERBENCH_BACKEND_OPTION',
    'COOPERBENCH_UNISOLATED',
    'COOPERBENCH_TRUST',
    // Each runs code in a program that CooperBench starts.
    'BASH_ENV',
    'ENV',
    'OPENSSL_CONF',
    'PYTHONPATH',
    'PYTHONSTARTUP',
    'PERL5OPT',
    'RUBYOPT',
    'NODE_OPTIONS',
    'PATH',
    'HOME',
    'DATABASE_URL',
  ];
  const taken = [
    'OPENAI_API_KEY',
    'TOGETHER_AI_TOKEN',
    'GEMINI_API_BASE',
    'OPENAI_BASE_URL',
    'MY_LAB_API_KEY',
  ];
  taken.push('MODAL_TOKEN_ID', 'HF_TOKEN', 'VERTEXAI_PROJECT', 'REDIS_URL');
  const folder = folderWith({ '.env': [...names, ...taken].map((name) => `${name}=x`).join('\n') });
  const environment = {};
  expect(loadDotEnv(environment, join(folder, '.env'))).toEqual({
    set: taken.sort(),
    refused: names.sort(),
  });
  expect(Object.keys(environment)).toEqual(taken);
});

test('credentials of Google that can send files of the user away are refused', () => {
  const name = 'GOOGLE_APPLICATION_CREDENTIALS';
  for (const [type, isSet] of [
    ['service_account', true],
    ['authorized_user', true],
    ['external_account', false],
    ['impersonated_service_account', false],
  ] as const) {
    const folder = folderWith({ 'key.json': JSON.stringify({ type }) });
    writeFileSync(join(folder, '.env'), `${name}=${join(folder, 'key.json')}`);
    const { set, refused } = loadDotEnv({}, join(folder, '.env'));
    expect([set, refused]).toEqual(isSet ? [[name], []] : [[], [name]]);
  }
});

test('a directory in its place is an error with its path', async () => {
  const folder = folderWith({ '.env/file': '' });
  const path = join(folder, '.env');
  expect(await findRefusal(() => loadDotEnv({}, path))).toEqual({
    code: 'DOT_ENV',
    message: `${path} cannot be read: it is a directory.`,
    hint: 'Check that it is a file and that you may read it, or remove it.',
  });
});
