import { objectSchema, option } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { describe, expect, test, vi } from 'vitest';
import { noConfiguration } from '../config/configuration.ts';
import { formatDurationText, parseDuration } from './duration.ts';
import { parseFeatures, settingFlags } from './flags.ts';
import { runOptions } from './library-options.ts';
import { pluginOptions } from './plugin-options.ts';
import { parseModelPrices } from './prices.ts';
import { parseSeatOverrides, seatFlags } from './seats.ts';
import { flagOf, type SettingKey, type Settings } from './values.ts';

const runFlags = { ...settingFlags('run'), ...seatFlags };

/** `layers` of files, lowest precedence first. `typed`: flags of the command line; other flags are from the environment. */
function parsedRun(
  flags: object,
  layers: readonly { readonly values: Settings }[] = [],
  typed: readonly string[] = Object.keys(flags),
) {
  const source = {
    path: 'f',
    name: 'f',
    owner: 'user',
    folder: '/',
    sha256: '',
    value: {},
    at: () => 'f',
  } as const;
  const values = Object.assign({}, ...layers.map((layer) => layer.values)) as Settings;
  const configured = Object.entries(values).map(([key, value]) => [flagOf(key as SettingKey), value]);
  const names = Object.keys(runFlags).filter((name) => !(name in flags));
  return {
    flags: { 'auto-eval': true, ...Object.fromEntries(configured), ...flags } as never,
    metadata: { flags: Object.fromEntries(names.map((name) => [name, { setFromDefault: true }])) },
    raw: typed.map((flag) => ({ type: 'flag' as const, flag, input: '' })),
    configuration: {
      ...noConfiguration,
      values,
      layers: layers.map((layer) => ({ ...layer, source, path: [] })),
    },
    dotEnv: [],
  };
}

describe('settings that contradict each other', () => {
  const redis = 'redis://h';
  const busOf = (...callArguments: Parameters<typeof parsedRun>) => {
    const { bus, busOptions } = runOptions(
      parsedRun(...callArguments),
      runFlags,
      createContainer([]).get(tokens.registry),
    );
    return { bus, url: (busOptions?.redis as { url?: string } | undefined)?.url };
  };

  test('are refused when neither takes precedence', () => {
    const refused = (message: string, hint = 'Remove --redis or --bus.') =>
      expect.objectContaining({ code: 'OPTIONS_CONTRADICT', message, hint });
    expect(() => busOf({ bus: 'memory', redis })).toThrow(
      refused('--redis asks for Redis, but --bus for the bus "memory".'),
    );
    expect(() => busOf({}, [{ values: { bus: 'memory', redis } }])).toThrow(
      refused('f asks for Redis, but f for the bus "memory".'),
    );
    expect(() => busOf({ 'fail-under': 5, 'auto-eval': false })).toThrow(
      refused(
        '--fail-under needs an evaluation, which --no-auto-eval leaves out.',
        'Remove one of them, or give --fail-under to cooperbench eval.',
      ),
    );
    expect(() => busOf({ 'fail-under': 5 }, [{ values: { autoEval: false } }])).toThrow(
      expect.objectContaining({ code: 'OPTIONS_CONTRADICT' }),
    );
  });

  test('give way to the one that takes precedence', () => {
    const memory = { bus: 'memory', url: undefined };
    expect(busOf({ bus: 'memory', redis }, [], ['bus'])).toEqual(memory);
    expect(busOf({ bus: 'memory' }, [{ values: { redis } }])).toEqual(memory);
    expect(busOf({}, [{ values: { redis } }, { values: { bus: 'memory' } }])).toEqual(memory);
    expect(busOf({ redis }, [{ values: { bus: 'memory' } }])).toEqual({ bus: 'redis', url: redis });
    expect(busOf({ redis, bus: 'redis' })).toEqual({ bus: 'redis', url: redis });
    expect(() => busOf({ 'auto-eval': false }, [{ values: { failUnder: 5 } }])).not.toThrow();
  });
});

describe('--timeout', () => {
  test.for([
    ['45s', 45_000],
    ['30m', 1_800_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['90s', 90_000],
    ['0.5h', 1_800_000],
    ['250ms', 250],
  ] as const)('%s is %i ms', ([text, ms]) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.for([
    [3_600_000, '1h'],
    [90_000, '90s'],
    [5_400_000, '90m'],
    [250, '250ms'],
  ] as const)('%i ms is shown as %s', ([ms, text]) => {
    expect(formatDurationText(ms)).toBe(text);
  });

  test.for(['', 'soon', '0', '5', '5x', '1h 30m', '-5m', '90000h'])('"%s" is refused', (text) => {
    expect(() => parseDuration(text)).toThrow(`"${text}" is not a duration.`);
  });
});

describe('--features', () => {
  test('takes two or more ids', () => {
    expect(parseFeatures('1,2')).toEqual([1, 2]);
    expect(parseFeatures('3, 1,2')).toEqual([3, 1, 2]);
  });

  test.for(['1', '', '1,', 'a,b', '1;2'])('"%s" is refused', (text) => {
    expect(() => parseFeatures(text)).toThrow(
      `--features "${text}" is not a list of two or more feature ids.`,
    );
  });
});

describe('--price', () => {
  test('states a price by model, over the configuration', () => {
    const configured = {
      a: { input: 9, output: 9, cache_read: 9 },
      'hosted_vllm/b': { input: 1, output: 2 },
    };
    expect(parseModelPrices({ price: ['a=0.5,1.5', 'x=y/c=1,2,.1,3'] }, configured)).toEqual({
      a: { input: 0.5, output: 1.5 },
      'hosted_vllm/b': { input: 1, output: 2 },
      'x=y/c': { input: 1, output: 2, cache_read: 0.1, cache_write: 3 },
    });
    expect(parseModelPrices({}, undefined)).toBeUndefined();
  });

  test.for(['a', 'a=1', '=1,2', 'a=1,2,3,4,5', 'a=1,-2', 'a=1,x', 'a=1,'])('"%s" is refused', (text) => {
    expect(() => parseModelPrices({ price: [text] }, {})).toThrow(
      expect.objectContaining({
        code: 'PRICE_FLAG',
        message: `--price "${text}" is not MODEL=INPUT,OUTPUT, with US dollars per million tokens.`,
        hint: 'For example: --price hosted_vllm/mine=0.5,1.5. The prices of cached input may follow: reading, then writing.',
      }),
    );
  });
});

describe('--seat and its like', () => {
  test('are split at the first equals sign and colon', () => {
    expect(
      parseSeatOverrides({
        seat: ['agent1=openhands', 'agent2=openhands:ollama/qwen:7b', 'agent3=:gpt-5'],
        'seat-backend': ['agent1=docker'],
        'seat-base-url': ['agent1=http://h:1/v1?a=b'],
        'seat-agent-config': ['agent1=a=b.yaml'],
      }),
    ).toEqual({
      agent1: {
        ...{ agent: 'openhands', backend: 'docker' },
        ...{ baseUrl: 'http://h:1/v1?a=b', agentConfig: 'a=b.yaml' },
      },
      agent2: { agent: 'openhands', model: 'ollama/qwen:7b' },
      agent3: { model: 'gpt-5' },
    });
  });

  test('nothing given is nothing', () => {
    expect(parseSeatOverrides()).toBeUndefined();
    expect(Object.keys(parseSeatOverrides({ seat: ['__proto__=oracle'] }) ?? {})).toEqual(['__proto__']);
  });

  test.for(['agent2', '=gpt', 'agent2='])('"%s" is refused', (text) => {
    expect(() => parseSeatOverrides({ seat: [text] })).toThrow(
      `--seat "${text}" does not name a seat and a value.`,
    );
  });
});

describe('--backend-option and its like', () => {
  const given = (...texts: string[]): unknown =>
    pluginOptions('backendOptions', { 'backend-option': texts }, {});

  test('gives what is named its options, as JSON where it reads as JSON', () => {
    expect(given('docker.network=none', 'docker.cpus=1', 'local.x={"a": "b=c"}', 'docker.user="7"')).toEqual({
      docker: { network: 'none', cpus: 1, user: '7' },
      local: { x: { a: 'b=c' } },
    });
  });

  test('from the environment is several, apart by spaces, and gives way to the command line', () => {
    vi.stubEnv('COOPERBENCH_BACKEND_OPTION', ' docker.cpus=1  local.x= docker.pids=64');
    const flag = process.env.COOPERBENCH_BACKEND_OPTION;
    expect(pluginOptions('backendOptions', { 'backend-option': flag }, {})).toEqual({
      docker: { cpus: 1, pids: 64 },
      local: { x: '' },
    });
    expect(given('docker.cpus=2')).toEqual({
      docker: { cpus: 2, pids: 64 },
      local: { x: '' },
    });
    vi.unstubAllEnvs();
  });

  test('from the environment keeps names apart that differ only in a dash', () => {
    vi.stubEnv('COOPERBENCH_BACKEND_OPTION', 'my-cluster.queue=long my_cluster.queue=short');
    expect(pluginOptions('backendOptions', {}, {})).toEqual({
      'my-cluster': { queue: 'long' },
      my_cluster: { queue: 'short' },
    });
    vi.unstubAllEnvs();
  });

  test('nothing given is nothing', () => {
    expect(pluginOptions('busOptions', {}, {})).toBeUndefined();
  });

  const options = objectSchema({
    pin: option.text('What opens it.'),
    size: option.integer(1, 'How large it is.'),
    tags: option.list({ type: 'string' }, 'What it is called.'),
  });
  const registry = createContainer([
    {
      name: 'test',
      apiVersion: 1,
      agents: { a: { create: vi.fn() } },
      backends: { vault: { options, create: vi.fn() } },
      evaluators: { d: { create: vi.fn() } },
    },
  ]).get(tokens.registry);

  test('is a text where the schema wants one, whatever it reads as', () => {
    const texts = ['vault.pin=0042', 'vault.size=7', 'vault.tags=["a"]', 'vault.other=1'];
    expect(pluginOptions('backendOptions', { 'backend-option': texts }, {}, registry)).toEqual({
      vault: { pin: '0042', size: 7, tags: ['a'], other: 1 },
    });
  });

  test('names something that there is', () => {
    const flags = { 'backend-option': ['valt.pin=1'] };
    expect(() => pluginOptions('backendOptions', flags, {}, registry)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_BACKEND',
        message: '--backend-option valt.pin: There is no backend "valt".',
        hint: 'Did you mean "vault"?',
      }),
    );
    vi.stubEnv('COOPERBENCH_BACKEND_OPTION', 'valt.pin=1');
    expect(() => pluginOptions('backendOptions', {}, {}, registry)).toThrow(
      'COOPERBENCH_BACKEND_OPTION valt.pin: There is no backend "valt".',
    );
    vi.unstubAllEnvs();
  });

  test('goes before what is configured, key by key, and there is one for every kind', () => {
    const configured = {
      agentOptions: { a: { x: 1, y: 1 } },
      backendOptions: { b: { x: 1 } },
      busOptions: { c: { x: 1 } },
      evaluatorOptions: { d: { x: 1 } },
      settingOptions: { coop: { x: 1 } },
    };
    const flags = { 'agent-option': ['a.x=2'], 'evaluator-option': ['d.y=2'], 'channel-option': ['git.x=1'] };
    const parsed = parsedRun(flags, [{ values: configured }]);
    expect(runOptions(parsed, runFlags, registry)).toMatchObject({
      agentOptions: { a: { x: 2, y: 1 } },
      backendOptions: { b: { x: 1 } },
      busOptions: { c: { x: 1 } },
      evaluatorOptions: { d: { x: 1, y: 2 } },
      settingOptions: { coop: { x: 1 } },
      channelOptions: { git: { x: 1 } },
    });
  });

  test.for(['docker', 'network=none', 'docker.=1', '.a=1', 'docker.a', 'docker.a.b=1'])(
    '"%s" is refused',
    (text) => {
      expect(() => given(text)).toThrow(`--backend-option "${text}" is not NAME.KEY=VALUE.`);
    },
  );
});
