import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith } from '@cooperbench/test-support/folder';
import { findRefusal } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import type { Configuration, LoadOptions } from './configuration.ts';
import { findOrigin, loadConfiguration } from './load.ts';
// Loaded on first use: not within a test's time.
import './read-chain.ts';

const load = (folder: string, options: LoadOptions = {}): Promise<Configuration> =>
  loadConfiguration({ cwd: folder, environment: { HOME: folder }, ...options });
const refused = (file: string, content: string | object, options?: LoadOptions) => {
  const folder = folderWith({ [file]: content });
  return findRefusal(() => load(folder, options));
};

describe("a project's file does not decide whom the user trusts", () => {
  test.for<[string, object]>([
    ['backendOptions.docker.host', { backendOptions: { docker: { host: 'tcp://elsewhere:2375' } } }],
    [
      'profiles.p.backendOptions.docker.host',
      { profiles: { p: { backendOptions: { docker: { host: 'x' } } } } },
    ],
    [
      'experiments.e.backendOptions.docker.host',
      { experiments: { e: { matrix: { model: ['m'] }, backendOptions: { docker: { host: 'x' } } } } },
    ],
    ['unisolated', { unisolated: true }],
    ['backendOptions.local.isolation', { backendOptions: { local: { isolation: 'none' } } }],
    ['backendOptions.local.setupNetwork', { backendOptions: { local: { setupNetwork: true } } }],
    ['backendOptions.local.unisolated', { backendOptions: { local: { unisolated: '${SURE}' } } }],
    ['agentConfig', { agentConfig: '${KEYS}/passwd' }],
    ['agentConfig', { agentConfig: '../../../../../../../../etc/passwd' }],
    ['seats.agent1.agentConfig', { seats: { agent1: { agentConfig: '/etc/passwd' } } }],
    [
      'experiments.e.matrix.agentConfig.0',
      { experiments: { e: { matrix: { agentConfig: ['/etc/passwd'] } } } },
    ],
  ])('%s', async ([key, content]) => {
    const options = { environment: { HOME: '/nonexistent', SURE: 'true', KEYS: '/etc' } };
    const { code, message, hint } = await refused('cooperbench.config.json', content, options);
    expect(code).toBe('CONFIG_INVALID');
    expect(message).toMatch(
      new RegExp(`^cooperbench\\.config\\.json:\\d+:\\d+: ${key}: a project's file cannot`),
    );
    expect(hint).toContain('~/.config/cooperbench/config.yaml');
  });

  test('a link to a file of the user is refused, and a link to one of the project is not', async () => {
    const folder = folderWith({
      'secret.yaml': '',
      'project/inner.yaml': '',
      'project/package.json': {},
      'project/cooperbench.config.json': { agentConfig: 'agent.yaml' },
    });
    const link = join(folder, 'project/agent.yaml');
    symlinkSync('../secret.yaml', link);
    const loading = (): Promise<unknown> => load(folder, { cwd: join(folder, 'project') });
    await expect(loading()).rejects.toThrow(
      "agentConfig: a project's file cannot give agents a file from outside of its folder.",
    );
    rmSync(link);
    symlinkSync('inner.yaml', link);
    expect(await loading()).toMatchObject({ values: { agentConfig: link } });
  });

  test('but that of the user may, and a project may isolate', async () => {
    const folder = folderWith({
      '.config/cooperbench/config.json': { unisolated: true, backendOptions: { docker: { host: 'x' } } },
      'cooperbench.config.json': {
        ...{ unisolated: false, backendOptions: { local: { isolation: 'bubblewrap' } } },
      },
    });
    expect((await load(folder)).values).toMatchObject({
      unisolated: false,
      backendOptions: { docker: { host: 'x' }, local: { isolation: 'bubblewrap' } },
    });
  });
});

describe('what files say', () => {
  test('is nothing without any', async () => {
    const configuration = await load(folderWith({}));
    expect(configuration.values).toEqual({});
    expect(findOrigin(configuration)).toBeUndefined();
  });

  test.for([
    ['cooperbench.config.ts', 'const model: string = "m";\nexport default { model };'],
    ['cooperbench.config.mts', 'export default { model: "m" as string, git: undefined };'],
    ['cooperbench.config.mjs', 'export default Promise.resolve({ model: "m" });'],
    ['cooperbench.config.json', '{ "$schema": "./x.json",\n\t"model": "m" }'],
    ['cooperbench.config.yml', '# a comment\nmodel: m\n'],
    ['.cooperbenchrc', 'model: m'],
    ['.cooperbenchrc.json', '{"model":"m"}'],
    ['package.json', '{\n\t"name": "x",\n\t"cooperbench": { "model": "m" }\n}'],
  ] as const)('is read from %s', async ([file, content]) => {
    expect((await load(folderWith({ [file]: content }))).values).toEqual({ model: 'm' });
  });

  test('is laid over one another: extended, user, project, then the same of the profile', async () => {
    const folder = folderWith({
      'node_modules/@lab/shared/index.json': {
        ...{ subset: 'shared', repo: 'shared', bus: 'shared', agent: 'shared' },
        backendOptions: { docker: { cpus: 1, network: 'none' }, local: { network: true } },
        profiles: { night: { agent: 'shared-night', setting: 'solo' } },
      },
      'node_modules/@lab/shared/package.json': { main: 'index.json' },
      '.config/cooperbench/config.yaml':
        'model: user\nrepo: user\nprofiles: { night: { model: user-night } }',
      'cooperbench.config.json': {
        extends: ['@lab/shared', './more.yaml'],
        bus: 'project',
        backendOptions: { docker: { cpus: 2 } },
        seats: { agent1: { model: 'a' } },
        profiles: { night: { agent: 'night', seats: { agent1: { agent: 'b' } } }, day: {} },
      },
      'more.yaml': 'subset: more\n',
    });
    const base = await load(folder);
    expect(base.values).toEqual({
      ...{ subset: 'more', repo: 'shared', bus: 'project', agent: 'shared', model: 'user' },
      backendOptions: { docker: { cpus: 2, network: 'none' }, local: { network: true } },
      seats: { agent1: { model: 'a' } },
    });
    const night = await load(folder, { profile: 'night' });
    expect(night.values).toEqual({
      ...{ ...base.values, agent: 'night', model: 'user-night', setting: 'solo' },
      seats: { agent1: { model: 'a', agent: 'b' } },
    });
    expect(night.sources.map(({ name }) => name)).toEqual([
      ...['cooperbench.config.json', 'more.yaml', 'node_modules/@lab/shared/index.json'],
      '.config/cooperbench/config.yaml',
    ]);
    expect(findOrigin(night, 'e')).toEqual({
      files: night.sources.map(({ name, sha256 }) => ({ path: name, sha256 })),
      profile: 'night',
      experiment: 'e',
    });
    expect(night.sources[1]?.sha256).toBe('786221f511e77b091ab59d3e023a07d4d28bb87cfbd1e0d853093ca7f8261143');
  });

  test('has paths relative to the file that names them', async () => {
    const folder = folderWith({
      'project/package.json': {},
      'project/cooperbench.config.json': {
        ...{ datasetDir: 'data', logDir: '/var/logs', extends: '../shared/base.json' },
        experiments: { e: { agentConfig: 'a.yaml', matrix: { agentConfig: ['b.yaml'] } } },
      },
      'project/sub/x': '',
      'shared/base.json': { agentConfig: './agent.yaml' },
    });
    const cwd = join(folder, 'project/sub');
    const { values, experiments } = await load(folder, { cwd });
    expect(values).toEqual({
      datasetDir: join(folder, 'project/data'),
      logDir: '/var/logs',
      agentConfig: join(folder, 'shared/agent.yaml'),
    });
    // What is varied is named by what the file says, and moves when it is laid over the rest.
    expect(experiments.get('e')?.value).toEqual({
      agentConfig: join(folder, 'project/a.yaml'),
      matrix: { agentConfig: ['b.yaml'] },
    });
  });

  test('takes variables, of which only those of the chosen profile have to be there', async () => {
    const folder = folderWith({
      'cooperbench.config.yaml': [
        'redis: redis://:${PASSWORD}@${HOST:-localhost}',
        'model: $${MODEL}',
        'profiles: { a: { timeout: "${A}" }, b: { agent: "${B}" } }',
      ].join('\n'),
    });
    const environment = { HOME: folder, PASSWORD: 'pw', HOST: '', A: '30m' };
    const { values } = await load(folder, { environment, profile: 'a' });
    expect(values).toEqual({ redis: 'redis://:pw@localhost', model: '${MODEL}', timeout: '30m' });
    expect(await findRefusal(() => load(folder, { environment, profile: 'b' }))).toEqual({
      code: 'CONFIG_VARIABLE',
      message: 'cooperbench.config.yaml:3:42: profiles.b.agent: the variable B is not set.',
      hint: 'Set B in the environment, or write ${B:-…} to give a default.',
    });
  });
});

describe('is refused', () => {
  const hint = 'See all keys: cooperbench config schema.';

  test('an unknown key, with the nearest known one', async () => {
    expect(await refused('cooperbench.config.yaml', 'agent: oracle\nmaxcost: 3\n')).toEqual({
      code: 'CONFIG_INVALID',
      message: 'cooperbench.config.yaml:2:1: maxcost: unknown key "maxcost"; did you mean "maxCost"?',
      hint,
    });
  });

  test.for<[string, string]>([
    ['modelName', 'model'],
    ['runName', 'name'],
    ['taskId', 'task'],
    ['redisUrl', 'redis'],
    ['gitEnabled', 'git'],
    ['git_enabled', 'git'],
    ['logsDir', 'logDir'],
    ['log-dir', 'logDir'],
    ['logs-dir', 'logDir'],
    ['no-messaging', 'messaging'],
    ['backend-option', 'backendOptions'],
    ['backends', 'backendOptions'],
    ['evaluators', 'evaluatorOptions'],
  ])('another name of a key, %s, with the key', async ([name, key]) => {
    const text = `unknown key "${name}"; did you mean "${key}"?`;
    expect((await refused('cooperbench.config.json', { [name]: 'x' })).message).toBe(
      `cooperbench.config.json:2:3: ${name}: ${text}`,
    );
    expect((await refused('.cooperbenchrc', `profiles: { p: { ${name}: x } }`)).message).toBe(
      `.cooperbenchrc:1:18: profiles.p.${name}: ${text}`,
    );
  });

  test('in package.json, at its place there', async () => {
    const file = '{\n  "name": "x",\n  "cooperbench": {\n    "profiles": { "p": { "git": "yes" } }\n  }\n}\n';
    expect((await refused('package.json', file)).message).toBe(
      'package.json:4:26: profiles.p.git: found "yes", expected true or false',
    );
  });

  test('each value that does not fit', async () => {
    const content = {
      ...{
        extends: 7,
        timeout: 'soon',
        network: 'loud',
        features: [1],
        concurrency: 0,
        seats: { a: { x: 1 } },
      },
      experiments: { e: { matrix: { models: ['m'] } } },
    };
    expect(await refused('.cooperbenchrc.json', content)).toEqual({
      code: 'CONFIG_INVALID',
      message: [
        'The configuration is not valid:',
        '  .cooperbenchrc.json:2:3: extends: found 7, expected a string or a list of strings',
        '  .cooperbenchrc.json:3:3: timeout: found "soon", expected a duration of at most 24 days, such as "45s", "30m" or "1h30m"',
        '  .cooperbenchrc.json:4:3: network: found "loud", expected one of: open, registries, none',
        '  .cooperbenchrc.json:5:3: features: found [1], expected at least 2 items',
        '  .cooperbenchrc.json:8:3: concurrency: found 0, expected 1 or more',
        '  .cooperbenchrc.json:11:7: seats.a.x: unknown key "x"',
        '  .cooperbenchrc.json:17:9: experiments.e.matrix.models: unknown key "models"; did you mean "model"?',
      ].join('\n'),
      hint,
    });
  });

  test('code without a position: by file and key', async () => {
    expect((await refused('cooperbench.config.ts', 'export default { maxSteps: "7" };')).message).toBe(
      'cooperbench.config.ts: maxSteps: found "7", expected a whole number',
    );
  });

  test('a file that holds no object', async () => {
    expect((await refused('.cooperbenchrc', '- a\n')).message).toBe(
      '.cooperbenchrc:1:1: found ["a"], expected an object',
    );
  });

  test('what is extended and is not there, or leads back', async () => {
    const folder = folderWith({
      'cooperbench.config.json': { extends: './a.json' },
      'a.json': { extends: ['@lab/none'] },
      'b/cooperbench.config.json': { extends: './c.json' },
      'b/c.json': { extends: './cooperbench.config.json' },
      'd/cooperbench.config.yaml': 'extends: none.yaml\n',
      'e/cooperbench.config.yaml': 'extends: [./f.yaml]\n',
      'e/f.yaml': 'agent: oracle\nextends: ./gone.yaml\n',
      'g/cooperbench.config.yaml': 'extends: ./x.toml\n',
      'g/x.toml': '',
      'h/cooperbench.config.yaml': 'extends: "@lab/mute"\n',
      'h/node_modules/@lab/mute/package.json': { name: '@lab/mute' },
      'i/cooperbench.config.yaml': 'extends: "@lab/mute/night"\n',
      'i/node_modules/@lab/mute/package.json': { name: '@lab/mute', exports: './config.yaml' },
    });
    expect(await findRefusal(() => load(folder))).toEqual({
      code: 'CONFIG_EXTENDS',
      message: 'a.json:3:5: extends: the package "@lab/none" is not installed.',
      hint: `Install it in ${folder}, or write ./@lab/none for a file.`,
    });
    expect((await findRefusal(() => load(join(folder, 'b')))).message).toBe(
      'c.json:2:3: extends: ./cooperbench.config.json leads back to c.json.',
    );
    expect((await findRefusal(() => load(join(folder, 'd')))).hint).toBe(
      `Install it in ${folder}/d, or write ./none.yaml for a file.`,
    );
    expect(await findRefusal(() => load(join(folder, 'e')))).toEqual({
      code: 'CONFIG_EXTENDS',
      message: `f.yaml:2:1: extends: the file ${folder}/e/gone.yaml does not exist.`,
      hint: 'A path under "extends" is relative to the file that names it.',
    });
    expect(await findRefusal(() => load(join(folder, 'g')))).toEqual({
      code: 'CONFIG_EXTENDS',
      message: 'cooperbench.config.yaml:1:1: extends: the extension of ./x.toml is not supported.',
      hint: 'Supported: .ts, .mts, .js, .mjs, .json, .yaml, .yml.',
    });
    const hint =
      'Its package.json must name the configuration as "main" or "exports", for example "exports": "./config.yaml".';
    expect(await findRefusal(() => load(join(folder, 'h')))).toEqual({
      code: 'CONFIG_EXTENDS',
      message: 'cooperbench.config.yaml:1:1: extends: the package does not export a file as "@lab/mute".',
      hint,
    });
    expect(await findRefusal(() => load(join(folder, 'i')))).toEqual({
      code: 'CONFIG_EXTENDS',
      message:
        'cooperbench.config.yaml:1:1: extends: the package does not export a file as "@lab/mute/night".',
      hint,
    });
  });

  test('an experiment whose name cannot begin the names of runs', async () => {
    const matrix = { git: [true] };
    expect(
      await refused('.cooperbenchrc.json', {
        experiments: { 'a b': { matrix }, 'c d': { name: 'fine', matrix }, e: { name: 'e f', matrix } },
      }),
    ).toEqual({
      code: 'CONFIG_INVALID',
      message:
        '.cooperbenchrc.json:19:7: experiments.e.name: found "e f", expected a name of letters, digits, dots, dashes and underscores that begins with a letter or digit',
      hint,
    });
    expect(await refused('.cooperbenchrc.json', { experiments: { 'a b': { matrix } } })).toEqual({
      code: 'CONFIG_INVALID',
      message:
        '.cooperbenchrc.json:3:5: experiments: found "a b", expected a name of letters, digits, dots, dashes and underscores that begins with a letter or digit',
      hint: 'Rename it, or give its runs another "name".',
    });
  });

  test('a profile that is in no file', async () => {
    const folder = folderWith({ '.cooperbenchrc': 'profiles: { night: {} }' });
    expect(await findRefusal(() => load(folder, { profile: 'nigt' }))).toEqual({
      code: 'UNKNOWN_PROFILE',
      message: 'No configuration file has a profile "nigt".',
      hint: 'Did you mean "night"?',
    });
  });
});
