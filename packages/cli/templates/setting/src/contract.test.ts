import { createContainer, tokens } from '@cooperbench/runs';
import { settingContract, withKnownFailures } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import plugin from './index.ts';
import { createSetting } from './setting.ts';

/** Promises that cannot be kept, each with the reason. The test fails once one of them is kept. */
const knownFailures = {};

describe('the setting contract', () => {
  test.for(withKnownFailures(settingContract, knownFailures))('$name', ({ check }) =>
    check(createSetting({})),
  );
});

test('a lead reviews what an agent for each feature does', () => {
  const setting = createSetting({});
  const seats = setting.seats([2, 5]);
  expect(seats.map(({ id, features }) => [id, features])).toEqual([
    ['lead', []],
    ['agent1', [2]],
    ['agent2', [5]],
  ]);
  const descriptions = new Map([
    [2, 'Feature 2.'],
    [5, 'Feature 5.'],
  ]);
  const [lead, , engineer] = seats.map((seat) => setting.task?.(seat, descriptions));
  expect(lead).toContain('Feature 2.\n\nFeature 5.');
  expect(engineer).toBe('Feature 5.');
});

test('unknown options are refused', () => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect(() => registry.checkOptions('settings', '__name__', { channel: [] })).toThrow(
    'unknown key "channel"; did you mean "channels"?',
  );
});
