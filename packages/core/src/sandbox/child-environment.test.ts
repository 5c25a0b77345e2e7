import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { buildChildEnvironment } from './child-environment.ts';

afterEach(() => void vi.unstubAllEnvs());

test('a program gets no key, and nothing that runs code in it', () => {
  const secret = ['OPENAI_API_KEY', 'HF_TOKEN', 'MODAL_TOKEN_SECRET', 'NPM_TOKEN'];
  const code = [
    'BASH_ENV',
    'ENV',
    'NODE_OPTIONS',
    'PYTHONPATH',
    'LD_PRELOAD',
    'OPENSSL_CONF',
    'GIT_SSH_COMMAND',
  ];
  for (const name of [...secret, ...code, 'OTHER']) vi.stubEnv(name, 'x');
  vi.stubEnv('HOME', '/home/me');
  vi.stubEnv('https_proxy', 'http://proxy.test');
  const environment = buildChildEnvironment(['OTHER', 'ABSENT'], { LC_ALL: 'C' });
  expect(environment).toMatchObject({
    HOME: '/home/me',
    PATH: process.env.PATH,
    https_proxy: 'http://proxy.test',
    OTHER: 'x',
    LC_ALL: 'C',
  });
  for (const name of [...secret, ...code, 'ABSENT']) expect(environment).not.toHaveProperty(name);
});

/** Start programs in sandboxes, or of sandboxes, with an environment that has nothing of this process. */
const withOwn = [
  'backend-local/src/host-system.ts',
  'backend-local/src/process.ts',
  'backend-local/src/isolation.ts',
  'testing/src/committed-files.ts',
  'testing/src/host-sandbox.ts',
  'testing/src/test-shells.ts',
];

test('every file that starts programs of this machine gives them this environment', () => {
  const packages = join(import.meta.dirname, '../../..');
  const files = globSync('*/src/**/*.ts', { cwd: packages }).filter((path) => !path.includes('.test.'));
  const starts =
    /import \{[^}]*\b(?:spawn|spawnSync|exec|execFile|execFileSync|fork)\b[^}]*\} from 'node:child_process'/;
  const matches = files.filter((path) => {
    const source = readFileSync(join(packages, path), 'utf8');
    return starts.test(source) && !source.includes('buildChildEnvironment(');
  });
  expect(matches.sort()).toEqual([...withOwn, 'testing/src/backend-making-cases.ts'].sort());
});
