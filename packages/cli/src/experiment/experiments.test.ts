import { fitPluginOptions, loadConfiguration } from '@cooperbench/command/config';
import { objectSchema, option, type Plugin, type SettingDefinition } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { folderWith } from '@cooperbench/test-support/folder';
import { findRefusal } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { type ExperimentRun, expand } from './experiments.ts';

const builtins = createContainer().get(tokens.registry);

const runsOf = async (
  experiment: object,
  extra: object = {},
  registry = builtins,
): Promise<ExperimentRun[]> => {
  const folder = folderWith({ 'cooperbench.config.json': { ...extra, experiments: { e: experiment } } });
  return expand('e', await loadConfiguration({ cwd: folder, environment: { HOME: folder } }), registry);
};
const namesOf = async (experiment: object, extra?: object): Promise<string[]> =>
  (await runsOf(experiment, extra)).map(({ name }) => name);

test('every combination of the matrix is a run, over the settings of the experiment and of the file', async () => {
  const runs = await runsOf(
    {
      subset: 'lite',
      maxSteps: 5,
      matrix: { model: ['openai/gpt-4o', 'gemini/x-preview'], git: [true, false] },
    },
    { maxSteps: 1, maxCost: 2, name: 'not-this', backendOptions: { local: { network: true } } },
  );
  expect(runs.map(({ name }) => name)).toEqual([
    ...['e-openai-gpt-4o-git', 'e-openai-gpt-4o-nogit'],
    ...['e-gemini-x-preview-git', 'e-gemini-x-preview-nogit'],
  ]);
  expect(runs[1]?.varied).toEqual({ model: 'openai/gpt-4o', git: false });
  expect(runs[1]?.configuration.values).toEqual({
    ...{ subset: 'lite', maxSteps: 5, maxCost: 2, name: 'not-this' },
    ...{ model: 'openai/gpt-4o', git: false, backendOptions: { local: { network: true } } },
  });
});

const [strong, weak] = [{ model: 'openai/gpt-5' }, { model: 'gemini/flash' }];

test('pairings of models are an axis, over what each seat is otherwise', async () => {
  const seats = [{ agent1: strong, agent2: weak }, { agent1: weak, agent2: strong }, {}];
  const runs = await runsOf({ seats: { agent2: { agent: 'mine' } }, matrix: { seats } });
  expect(runs.map(({ name }) => name)).toEqual([
    'e-agent1-openai-gpt-5-agent2-gemini-flash',
    'e-agent1-gemini-flash-agent2-openai-gpt-5',
    'e-noseats',
  ]);
  expect(runs.map(({ configuration }) => configuration.values.seats)).toEqual([
    { agent1: strong, agent2: { agent: 'mine', ...weak } },
    { agent1: weak, agent2: { agent: 'mine', ...strong } },
    { agent2: { agent: 'mine' } },
  ]);
});

test('a value of seats makes runs only in settings that have its seats', async () => {
  const seats = [{ agent1: strong, agent2: weak }, { solo: strong }, { solo: weak }];
  expect(await namesOf({ matrix: { setting: ['coop', 'solo'], seats } })).toEqual([
    'e-coop-agent1-openai-gpt-5-agent2-gemini-flash',
    'e-solo-solo-openai-gpt-5',
    'e-solo-solo-gemini-flash',
  ]);
  const third = [{ agent1: strong, agent3: weak }];
  expect(await namesOf({ features: [1, 2, 3], matrix: { setting: ['coop', 'solo'], seats: third } })).toEqual(
    ['e-coop-agent1-openai-gpt-5-agent3-gemini-flash'],
  );
  // Planning refuses it, with the seats that there are.
  expect(await namesOf({ matrix: { setting: ['coop', 'solo'], seats: third } })).toHaveLength(2);
});

test('a seat has its own endpoint and agent configuration, beside the file that names it', async () => {
  const seats = [{ agent1: { baseUrl: 'http://me:secret@host:1/v1', agentConfig: './a.yaml' } }];
  const [run] = await runsOf({ matrix: { seats } });
  expect(run?.name).toBe('e-agent1-host-1-a.yaml');
  expect(run?.configuration.values.seats?.agent1?.agentConfig).toMatch(/^\/.*\/a\.yaml$/);
});

test('solo has neither messages nor git, so these do not multiply it', async () => {
  const matrix = { setting: ['solo', 'coop'], messaging: [true, false], git: [false] };
  expect(await namesOf({ matrix })).toEqual([
    ...['e-solo', 'e-coop-messaging-nogit', 'e-coop-nomessaging-nogit'],
  ]);
  expect(await namesOf({ setting: 'solo', matrix: { git: [true, false], maxSteps: [1, 2] } })).toEqual([
    ...['e-maxSteps1', 'e-maxSteps2'],
  ]);
});

test('combinations that have all of an entry of exclude are left out', async () => {
  const matrix = { git: [true, false], messaging: [true, false] };
  expect(await namesOf({ matrix, exclude: [{ git: false, messaging: false }] })).toEqual([
    ...['e-git-messaging', 'e-git-nomessaging', 'e-nogit-messaging'],
  ]);
  expect(await findRefusal(() => runsOf({ matrix, exclude: [{ git: false }, { git: true }] }))).toEqual({
    code: 'EXPERIMENT_EMPTY',
    message: 'The experiment "e" excludes every combination.',
    hint: 'See experiments.e.exclude in cooperbench.config.json.',
  });
});

test('an entry of exclude that can leave out nothing is refused', async () => {
  const matrix = { setting: ['coop', 'solo'], git: [true] };
  const exclude = [{ setting: 'solo', git: true }, { git: false }, { agent: 'oracle' }];
  expect(await findRefusal(() => runsOf({ matrix, exclude }))).toEqual({
    code: 'CONFIG_INVALID',
    message: [
      'The configuration is not valid:',
      '  cooperbench.config.json:18:9: experiments.e.exclude.1: no combination has all of {"git":false}',
      '  cooperbench.config.json:22:11: experiments.e.exclude.2.agent: the matrix does not vary "agent"; it varies setting, git',
    ].join('\n'),
    hint: 'An entry of "exclude" removes the combinations that have all of its values.',
  });
});

test('a name stays when an axis gets another value', async () => {
  expect(await namesOf({ matrix: { model: ['openai/gpt-4o'] } })).toEqual(['e-openai-gpt-4o']);
  expect(await namesOf({ matrix: { model: ['openai/gpt-4o', 'azure/gpt-4o', 'gpt-4o'] } })).toEqual([
    ...['e-openai-gpt-4o', 'e-azure-gpt-4o', 'e-gpt-4o'],
  ]);
});

test('a file is named as the configuration names it, and found beside that', async () => {
  const matrix = { agentConfig: ['./agents/a.yaml', 'b.yaml'] };
  const [run, other] = await runsOf({ matrix, exclude: [{ agentConfig: 'b.yaml' }] });
  expect(run?.name).toBe('e-agents-a.yaml');
  expect(other).toBeUndefined();
  expect(run?.varied).toEqual({ agentConfig: './agents/a.yaml' });
  expect(run?.configuration.values.agentConfig).toMatch(/^\/.*\/agents\/a\.yaml$/);
});

test('of an address, a name has the host, and a hash where several have the same', async () => {
  const of = (...baseUrl: string[]) => namesOf({ matrix: { baseUrl } });
  expect(await of('https://me:secret@host:8000/v1', 'http://other/v1')).toEqual(['e-host-8000', 'e-other']);
  const same = await of('https://host/v1', 'https://host/v2');
  expect(same.every((name) => /^e-host-[0-9a-f]+$/.test(name))).toBe(true);
  expect(new Set(same).size).toBe(2);
});

test('channels can be varied, and solo has none', async () => {
  const matrix = { setting: ['coop', 'solo'], channels: [['messages', 'git'], []] };
  expect(await namesOf({ matrix })).toEqual([
    ...['e-coop-channels-messages-git', 'e-coop-nochannels', 'e-solo'],
  ]);
  const channelFaults = [{}, { messages: { drop: 0.2 } }, { messages: { drop: 0.2, delay: '5s' } }];
  expect(await namesOf({ matrix: { setting: ['coop', 'solo'], channelFaults } })).toEqual([
    ...[
      'e-coop-nochannelFaults',
      'e-coop-messages.drop-0.2',
      'e-coop-messages.drop-0.2-messages.delay-5s',
      'e-solo',
    ],
  ]);
});

test("a plugin's setting says what it uses, too", async () => {
  const options = objectSchema({ helpers: option.integer(0, 'How many.') });
  const team: SettingDefinition = {
    options,
    create: (givenValue) => ({
      judged: 'single',
      seats: (features) =>
        ['lead', ...Array((givenValue as { helpers?: number }).helpers ?? 0).fill('helper')].map((id) => ({
          ...{ id, features, fileStem: id },
        })),
    }),
  };
  const plugin: Plugin = { name: 'p', apiVersion: 1, settings: { team } };
  const registry = createContainer([plugin]).get(tokens.registry);
  const matrix = {
    setting: ['coop', 'team'],
    git: [true, false],
    seats: [{ agent1: strong }, { lead: weak }, { helper: weak }],
  };
  const names = async (settingOptions: object): Promise<string[]> =>
    (await runsOf({ settingOptions, matrix }, {}, registry)).map(({ name }) => name);
  const coop = ['e-coop-git-agent1-openai-gpt-5', 'e-coop-nogit-agent1-openai-gpt-5'];
  expect(await names({ team: { helpers: 1 } })).toEqual([
    ...coop,
    ...['e-team-lead-gemini-flash', 'e-team-helper-gemini-flash'],
  ]);
  // Planning refuses the option.
  expect(await names({ team: { helpers: -1 } })).toEqual([
    ...coop,
    ...[true, false].flatMap((git) =>
      ['agent1-openai-gpt-5', 'lead-gemini-flash', 'helper-gemini-flash'].map(
        (seat) => `e-team-${git ? 'git' : 'nogit'}-${seat}`,
      ),
    ),
  ]);
});

test('options of agents can be varied: laid over the others, and in the name, long ones as a hash', async () => {
  const agents = [{ talker: { greeting: 'a' } }, { talker: { greeting: 'b' } }];
  const runs = await runsOf(
    { matrix: { agentOptions: agents }, exclude: [{ agentOptions: { talker: { greeting: 'b' } } }] },
    { agentOptions: { talker: { tone: 'calm' } } },
  );
  expect(runs.map(({ name, configuration }) => [name, configuration.values.agentOptions])).toEqual([
    ['e-talker.greeting-a', { talker: { tone: 'calm', greeting: 'a' } }],
  ]);
  const long = await namesOf({ matrix: { agentOptions: [{ talker: { greeting: 'a'.repeat(50) } }] } });
  expect(long[0]).toMatch(/^e-agentOptions[0-9a-f]{6}$/);
});

test('options of settings and channels can be varied, and multiply only the runs that use them', async () => {
  const team = (reviewers: number): object => ({ team: { reviewers } });
  const tasks = (maxTasks: number): object => ({ tasks: { maxTasks } });
  const matrix = {
    setting: ['coop', 'solo', 'team'],
    settingOptions: [team(1), team(2)],
    channelOptions: [tasks(5), tasks(9)],
  };
  const runs = await runsOf({ matrix }, { channelOptions: { tasks: { shared: true } } });
  const values = runs.map(({ configuration }) => configuration.values);
  expect(values.map((value) => [value.setting, value.settingOptions, value.channelOptions])).toEqual([
    ['coop', undefined, { tasks: { shared: true, maxTasks: 5 } }],
    ['coop', undefined, { tasks: { shared: true, maxTasks: 9 } }],
    ['solo', undefined, { tasks: { shared: true } }],
    ['team', team(1), { tasks: { shared: true, maxTasks: 5 } }],
    ['team', team(1), { tasks: { shared: true, maxTasks: 9 } }],
    ['team', team(2), { tasks: { shared: true, maxTasks: 5 } }],
    ['team', team(2), { tasks: { shared: true, maxTasks: 9 } }],
  ]);
  expect(new Set(runs.map(({ name }) => name)).size).toBe(7);
});

test('names are distinct and can be folders, whatever the values are', async () => {
  const model = ['a/m', 'a:m', 'c/m:free', `d/${'x'.repeat(300)}`, `d/${'x'.repeat(301)}`];
  const names = await namesOf({ name: 'my-e', matrix: { model, timeout: ['30m'], agent: ['ü'] } });
  expect(new Set(names).size).toBe(model.length);
  for (const name of names) expect(name).toMatch(/^my-e-[A-Za-z0-9._-]{1,150}$/);
  expect(names[2]).toBe('my-e-c-m-free-timeout30m--');
  expect(names[0]).toMatch(/^my-e-a-m-timeout30m---[0-9a-f]{6}$/);
});

test('a name that cannot be a folder, or no experiment, is refused', async () => {
  expect(await findRefusal(() => runsOf({ name: '../x', matrix: { git: [true] } }))).toMatchObject({
    code: 'CONFIG_INVALID',
    message:
      'cooperbench.config.json:4:7: experiments.e.name: found "../x", expected a name of letters, digits, dots, dashes and underscores that begins with a letter or digit',
  });
  const folder = folderWith({ '.cooperbenchrc': 'experiments: { ablation: { matrix: { git: [true] } } }' });
  const configuration = await loadConfiguration({ cwd: folder, environment: { HOME: folder } });
  expect(await findRefusal(() => expand('ablatoin', configuration, builtins))).toEqual({
    code: 'UNKNOWN_EXPERIMENT',
    message: 'No configuration file has an experiment "ablatoin".',
    hint: 'Did you mean "ablation"?',
  });
});

test('a variable in an agent’s options gets the type that the schema wants, in a matrix too', async () => {
  const options = objectSchema({ heat: option.number(0, 'How hot.') });
  const plugin: Plugin = {
    name: 'p',
    apiVersion: 1,
    agents: { a: { options, create: () => ({}) as never } },
  };
  const registry = createContainer([plugin]).get(tokens.registry);
  const cwd = folderWith({
    'cooperbench.config.json': {
      experiments: { e: { matrix: { agentOptions: [{ a: { heat: 1 } }, { a: { heat: '${HEAT}' } }] } } },
    },
  });
  const environment = { HOME: cwd, HEAT: '0.5' };
  const [, run] = expand('e', await loadConfiguration({ cwd, environment, experiment: 'e' }), registry);
  if (!run) return expect.fail('there is no run');
  fitPluginOptions(registry, run.configuration);
  expect(run.configuration.values.agentOptions).toEqual({ a: { heat: 0.5 } });
});
