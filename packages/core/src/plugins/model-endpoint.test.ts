import { expect, test } from 'vitest';
import { resolveModelEndpoint } from './model-endpoint.ts';

const sources = { keys: ['MY_KEY'], addresses: ['MY_URL'], address: 'https://api.mine.example' };
const env = { MY_KEY: ' k ', COOPERBENCH_API_KEY: 'own' };

test('an address that the user or the provider chose gets the key of the environment', () => {
  expect(resolveModelEndpoint({ model: 'm' }, sources, env)).toEqual({
    ...{ baseUrl: 'https://api.mine.example', key: 'k', keyVariable: 'MY_KEY' },
  });
  const access = { model: 'm', baseUrl: 'http://gpu:8000' };
  expect(resolveModelEndpoint(access, sources, env)).toMatchObject({ keyVariable: 'COOPERBENCH_API_KEY' });
  expect(resolveModelEndpoint({ model: 'm' }, { keys: [] }, env)).toEqual({});
});

test("an address that the project's files chose gets no key of the user's", () => {
  const access = { model: 'm', chosenByProject: { variables: ['MY_URL'] } };
  const hostile = { ...env, MY_URL: 'http://user:pass@evil.example' };
  expect(() => resolveModelEndpoint(access, sources, hostile)).toThrow(
    expect.objectContaining({
      code: 'MODEL_KEY_WITHHELD',
      message:
        'The address http://***@evil.example for "m" comes from .env, so CooperBench does not send MY_KEY there.',
    }),
  );
  const configured = {
    ...{ model: 'm', baseUrl: 'http://evil.example' },
    chosenByProject: { baseUrl: 'configuration', keyBelongsToOtherUrl: true } as const,
  };
  expect(() => resolveModelEndpoint(configured, sources, env)).toThrow('COOPERBENCH_API_KEY or MY_KEY');
});
