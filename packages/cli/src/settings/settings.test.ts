import { createContainer, tokens } from '@cooperbench/core/host';
import { Type } from 'typebox';
import { describe, expect, test, vi } from 'vitest';
import { durationText, parseDuration } from './duration.ts';
import { parseFeatures } from './flags.ts';
import { runOptions } from './library-options.ts';
import { pluginOptions } from './plugin-options.ts';
import { seatOverrides } from './seats.ts';

describe('--timeout', () => {
  test.for([
    ['45s', 45_000],
    ['30m', 1_800_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['90', 90_000],
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
    expect(durationText(ms)).toBe(text);
  });

  test.for(['', 'soon', '0', '5x', '1h 30m', '-5m', '90000h'])('"%s" is refused', (text) => {
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

describe('--seat and --seat-backend', () => {
  test('are split at the first equals sign and colon', () => {
    expect(
      seatOverrides(
        ['agent1=openhands', 'agent2=openhands:ollama/qwen:7b', 'agent3=:gpt-5'],
        ['agent1=docker'],
      ),
    ).toEqual({
      agent1: { agent: 'openhands', backend: 'docker' },
      agent2: { agent: 'openhands', model: 'ollama/qwen:7b' },
      agent3: { model: 'gpt-5' },
    });
  });

  test('nothing given is nothing', () => {
    expect(seatOverrides()).toBeUndefined();
  });

  test.for(['agent2', '=gpt', 'agent2='])('"%s" is refused', (text) => {
    expect(() => seatOverrides([text])).toThrow(`--seat "${text}" does not name a seat and a value.`);
  });
});

describe('--backend-option and its like', () => {
  const given = (...texts: string[]): unknown => pluginOptions('backends', { 'backend-option': texts }, {});

  test('gives what is named its options, as JSON where it reads as JSON', () => {
    expect(given('docker.network=none', 'docker.cpus=1', 'local.x={"a": "b=c"}', 'docker.user="7"')).toEqual({
      docker: { network: 'none', cpus: 1, user: '7' },
      local: { x: { a: 'b=c' } },
    });
  });

  test('from the environment is several, apart by spaces, and gives way to the command line', () => {
    vi.stubEnv('COOPERBENCH_BACKEND_OPTION', ' docker.cpus=1  local.x= docker.pids=64');
    const flag = process.env.COOPERBENCH_BACKEND_OPTION;
    expect(pluginOptions('backends', { 'backend-option': flag }, {})).toEqual({
      docker: { cpus: 1, pids: 64 },
      local: { x: '' },
    });
    expect(given('docker.cpus=2')).toEqual({
      docker: { cpus: 2, pids: 64 },
      local: { x: '' },
    });
    vi.unstubAllEnvs();
  });

  test('nothing given is nothing', () => {
    expect(pluginOptions('buses', {}, {})).toBeUndefined();
  });

  const options = Type.Object({ pin: Type.String(), size: Type.Integer(), tags: Type.Array(Type.String()) });
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
    expect(pluginOptions('backends', { 'backend-option': texts }, {}, registry)).toEqual({
      vault: { pin: '0042', size: 7, tags: ['a'], other: 1 },
    });
  });

  test('names something that there is', () => {
    const flags = { 'backend-option': ['valt.pin=1'] };
    expect(() => pluginOptions('backends', flags, {}, registry)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_BACKEND',
        message: '--backend-option valt.pin: There is no backend "valt".',
        hint: 'Did you mean "vault"?',
      }),
    );
    vi.stubEnv('COOPERBENCH_BACKEND_OPTION', 'valt.pin=1');
    expect(() => pluginOptions('backends', {}, {}, registry)).toThrow(
      'COOPERBENCH_BACKEND_OPTION valt.pin: There is no backend "valt".',
    );
    vi.unstubAllEnvs();
  });

  test('goes before what is configured, key by key, and there is one for every kind', () => {
    const configured = {
      agents: { a: { x: 1, y: 1 } },
      backends: { b: { x: 1 } },
      buses: { c: { x: 1 } },
      evaluators: { d: { x: 1 } },
      settingOptions: { coop: { x: 1 } },
    };
    const flags = { 'agent-option': ['a.x=2'], 'evaluator-option': ['d.y=2'], 'channel-option': ['git.x=1'] };
    expect(runOptions(flags as never, { values: configured }, registry)).toMatchObject({
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
