import { folderWith } from '@cooperbench/test-support/folder';
import { expect, test } from 'vitest';
import { keepVariablesOfNpm } from './npm-environment.ts';

function keptNames(environment: NodeJS.ProcessEnv): string[] {
  keepVariablesOfNpm(environment);
  return Object.keys(environment).sort();
}

test('keys of models and providers, and other variables of the user, are removed', () => {
  const { HOME } = { HOME: folderWith({}) };
  const secret = [
    ...['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'COOPERBENCH_API_KEY', 'HF_TOKEN', 'MODAL_TOKEN_SECRET'],
    ...['GITHUB_TOKEN', 'GIT_TOKEN', 'NPM_TOKEN', 'NODE_AUTH_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'REDIS_URL'],
    ...['GOOGLE_APPLICATION_CREDENTIALS', 'COOPERBENCH_BACKEND_OPTION', 'BASH_ENV', 'ANYTHING_ELSE'],
    ...['MY_PATH', 'PATH_OF_KEY', 'HOMEBREW_GITHUB_API_TOKEN', 'SSL_CERT_FILE_KEY'],
  ];
  const environment = { HOME, ...Object.fromEntries(secret.map((name) => [name, 'x'])) };
  expect(keptNames(environment)).toEqual(['HOME']);
});

test('what npm, git and ssh need stays: places, settings, proxies, certificates', () => {
  const needed = [
    ...['COOPERBENCH_DATA_DIR', 'GIT_SSH_COMMAND', 'HOME', 'HTTPS_PROXY', 'LC_ALL', 'NODE_EXTRA_CA_CERTS'],
    ...[
      'NPM_CONFIG_CAFILE',
      'PATH',
      'SSH_AUTH_SOCK',
      'SSL_CERT_FILE',
      'TMPDIR',
      'XDG_DATA_HOME',
      'http_proxy',
    ],
    ...['no_proxy', 'npm_config_//registry.example/:_authToken', 'npm_config_registry'],
  ].sort();
  expect(keptNames(Object.fromEntries(needed.map((name) => [name, '/x'])))).toEqual(needed);
});

test('a token of a registry stays when .npmrc names its variable', () => {
  const npmrc = '//npm.example/:_authToken=${LAB_TOKEN}\n//other.example/:_authToken=${OTHER_TOKEN?}\n';
  const folder = folderWith({ '.npmrc': npmrc });
  const tokens = { LAB_TOKEN: 'a', OTHER_TOKEN: 'b', OPENAI_API_KEY: 'c' };
  expect(keptNames({ HOME: folder, ...tokens })).toEqual(['HOME', 'LAB_TOKEN', 'OTHER_TOKEN']);
  expect(keptNames({ HOME: '/none', npm_config_userconfig: `${folder}/.npmrc`, ...tokens })).toContain(
    'LAB_TOKEN',
  );
  expect(keptNames({ HOME: '/none', ...tokens })).toEqual(['HOME']);
});
