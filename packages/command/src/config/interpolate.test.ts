import { folderWith } from '@cooperbench/test-support/folder';
import { findRefusal } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import type { Settings } from '../settings/values.ts';
import type { LoadOptions } from './configuration.ts';
import { loadConfiguration } from './load.ts';

const valuesOf = async (
  content: string,
  environment: NodeJS.ProcessEnv,
  options: LoadOptions = {},
): Promise<Settings> => {
  const folder = folderWith({ 'c.yaml': content, '.cooperbenchrc': 'extends: ./c.yaml' });
  const { values } = await loadConfiguration({
    cwd: folder,
    environment: { HOME: folder, ...environment },
    ...options,
  });
  return values;
};
const refused = (content: string, environment: NodeJS.ProcessEnv = {}, options?: LoadOptions) =>
  findRefusal(() => valuesOf(content, environment, options));

test('a value that is one variable is what is expected there', async () => {
  const content = [
    'concurrency: ${CONC:-2}',
    'maxCost: ${COST}',
    'git: ${G:-true}',
    'messaging: ${M}',
    'features: [1, "${F}"]',
    'task: "${T}"',
    'model: ${T}',
    'agent: a${T}',
  ].join('\n');
  expect(await valuesOf(content, { COST: '0.5', M: 'no', F: '2', T: '007' })).toEqual({
    ...{ concurrency: 2, maxCost: 0.5, git: true, messaging: false, features: [1, 2], task: 7 },
    ...{ model: '007', agent: 'a007' },
  });
});

test('one that cannot be that is refused with its variable', async () => {
  expect(await refused('agent: oracle\nconcurrency: ${CONC:-many}')).toEqual({
    code: 'CONFIG_VARIABLE',
    message: 'c.yaml:2:1: concurrency: the variable CONC gives "many", expected a whole number.',
    hint: 'Set CONC to such a value.',
  });
  expect((await refused('maxCost: ${COST}', { COST: 'x' })).message).toBe(
    'c.yaml:1:1: maxCost: the variable COST gives "x", expected a number.',
  );
  expect((await refused('git: ${G}', { G: 'maybe' })).message).toBe(
    'c.yaml:1:1: git: the variable G gives "maybe", expected true or false.',
  );
  expect((await refused('task: ${API_KEY}', { API_KEY: 'hunter2' })).message).toBe(
    'c.yaml:1:1: task: the variable API_KEY gives "***", expected a whole number.',
  );
  expect((await refused('concurrency: ${CONC}', { CONC: '0' })).message).toBe(
    'c.yaml:1:1: concurrency: found 0, expected 1 or more',
  );
  expect((await refused('concurrency: ${A}${B}', { A: '1', B: '2' })).message).toBe(
    'c.yaml:1:1: concurrency: found "12", expected a whole number',
  );
});

test('one that is not closed, or has no name, is refused', async () => {
  const hint = 'Write ${NAME} or ${NAME:-default}, with the closing brace, or $${ for ${ itself.';
  expect(await refused('model: a/${NOPE')).toEqual({
    code: 'CONFIG_VARIABLE',
    message: 'c.yaml:1:1: model: "${NOPE" is not a variable.',
    hint,
  });
  expect((await refused('model: ${NO-PE}')).message).toBe('c.yaml:1:1: model: "${NO-PE}" is not a variable.');
});

test('what was not asked for may wait for its variables, and nothing else there may be wrong', async () => {
  const content = [
    'profiles:',
    '  night: { concurrency: "${CONC}", setting: "${S}" }',
    'experiments:',
    '  e: { matrix: { maxSteps: ["${A}", 5], git: ["${B}"] } }',
  ].join('\n');
  expect(await valuesOf(content, {})).toEqual({});
  expect(await valuesOf(content, { CONC: '3', S: 'solo' }, { profile: 'night' })).toEqual({
    concurrency: 3,
    setting: 'solo',
  });
  expect((await refused(content, {}, { experiment: 'e' })).message).toBe(
    'c.yaml:4:29: experiments.e.matrix.maxSteps.0: the variable A is not set.',
  );
  expect((await refused('profiles: { night: { concurrency: x, git: "$${G}" } }')).message).toBe(
    [
      'The configuration is not valid:',
      '  c.yaml:1:22: profiles.night.concurrency: found "x", expected a whole number',
      '  c.yaml:1:38: profiles.night.git: found "$${G}", expected true or false',
    ].join('\n'),
  );
});

test.for([
  'baseUrl: https://${OPENAI_API_KEY}.example/v1',
  'baseUrl: https://example/v1?k=${OPENAI_API_KEY}',
  'baseUrl: https://user:${OPENAI_API_KEY}@example',
  'baseUrl: ${OPENAI_API_KEY:-x}',
  'redis: redis://:${OPENAI_API_KEY}@example',
  'experiments: { e: { matrix: { baseUrl: ["https://example/${OPENAI_API_KEY}"] } } }',
  'agents: { mine: { server: "${SCHEME}example/${OPENAI_API_KEY}" } }',
])('a project’s file cannot send a key away in a URL: %s', async (content) => {
  const environment = { OPENAI_API_KEY: 'sk-of-the-user', SCHEME: 'https://' };
  expect(await refused(content, environment, { experiment: 'e' })).toEqual({
    code: 'CONFIG_VARIABLE',
    message: expect.stringMatching(
      /^c\.yaml:1:\d+: [\w.]+: the URL would send the secret OPENAI_API_KEY to its host\.$/,
    ),
    hint: 'Take OPENAI_API_KEY out of the URL, or set the whole URL with its flag or its variable.',
  });
});

test.for(['redis://:${PASSWORD}@example/x', 'redis://me:${PASSWORD}@${HOST}'])(
  'a password may stand in its place in a URL: %s',
  async (redis) => {
    const { redis: value } = await valuesOf(`redis: ${redis}`, { PASSWORD: 'p/w', HOST: 'h' });
    expect(value).toContain(':p/w@');
  },
);

test.for([
  'redis://${PASSWORD}',
  'redis://h/${PASSWORD}',
  'redis://h\\:${PASSWORD}@x',
  'redis://h/:${PASSWORD}@x',
])('a password may stand nowhere else in a URL: %s', async (redis) => {
  expect(await refused(`redis: '${redis}'`, { PASSWORD: 'pw' })).toMatchObject({ code: 'CONFIG_VARIABLE' });
});

test('the user’s own file may put a key into a URL', async () => {
  const folder = folderWith({
    'config.yaml': '',
    '.config/cooperbench/config.yaml': 'baseUrl: http://h/${A_KEY}',
  });
  const environment = { HOME: folder, A_KEY: 'k' };
  expect((await loadConfiguration({ cwd: folder, environment })).values.baseUrl).toBe('http://h/k');
});
