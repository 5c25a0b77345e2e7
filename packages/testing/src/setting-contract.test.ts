import type { Phase, Setting } from '@cooperbench/core';
import { coop, solo } from '@cooperbench/core/host';
import { describe, expect, test } from 'vitest';
import { settingContract } from './setting-contract.ts';

describe.for(Object.entries({ solo, coop }))('the setting %s', ([, setting]) => {
  test.for(settingContract)('$name', ({ check }) => check(setting));
});

let calls = 0;
const phase = (name: string, seat = 'agent1'): Phase => ({
  ...{ name, work: [{ seat, task: 'Do it.', start: 'fresh' as const, handsOver: ['next.txt'] }] },
});

/** Each breaks one promise. */
const faults: Readonly<Record<string, Setting>> = {
  'has no seats': { ...coop, seats: () => [] },
  'gives two seats one id': {
    ...coop,
    seats: (ids) => coop.seats(ids).map((seat) => ({ ...seat, id: 'a' })),
  },
  'gives two seats one file': {
    ...coop,
    seats: (ids) => coop.seats(ids).map((seat) => ({ ...seat, fileStem: 'a' })),
  },
  'names a seat as no file can be named': {
    ...solo,
    seats: (features) => [{ id: 'A B', features, fileStem: 'a' }],
  },
  'is judged single with several seats': { ...coop, judged: 'single' },
  'forgets a feature': { ...coop, seats: (features) => coop.seats(features).slice(1) },
  'lets nobody hand in': {
    ...solo,
    seats: (ids) => solo.seats(ids).map((seat) => ({ ...seat, submitsPatch: false })),
  },
  'works on what was not asked for': { ...solo, seats: (ids) => solo.seats([...ids, 99]) },
  'gives other seats each time': {
    ...solo,
    seats(features) {
      calls += 1;
      return [{ id: `seat${calls}`, features, fileStem: 'solo' }];
    },
  },
  'changes the features': { ...solo, seats: (features) => solo.seats((features as number[]).sort()) },
  'has an empty task': { ...solo, task: () => '' },
  'has a seat with nothing to do': {
    ...coop,
    seats: (ids) => [...coop.seats(ids), { id: 'lead', features: [], fileStem: 'lead' }],
  },
  'has no text as instructions': { ...coop, instructions: () => undefined as unknown as string },
  'opens a channel twice': { ...coop, channels: ['git', 'git'] },
  'has a number of phases that no trial has': { ...coop, maxPhases: 21 },
  'has more phases than it says': {
    ...coop,
    maxPhases: 1,
    *phases() {
      yield phase('a');
      yield phase('b');
    },
  },
  'never ends': {
    ...coop,
    *phases() {
      for (;;) yield phase('again');
    },
  },
  'has a phase with an unknown seat': {
    ...coop,
    *phases() {
      yield phase('a', 'agent9');
    },
  },
  'relies on files that agents may not have written': {
    ...coop,
    *phases() {
      const { seats } = yield phase('a');
      const next: unknown = seats.get('agent1')?.files.get('next.txt');
      yield phase((next as string).trim());
    },
  },
  'has other phases each time': {
    ...coop,
    *phases() {
      calls += 1;
      yield phase(`phase${calls}`);
    },
  },
  'has no phases': { ...coop, *phases() {} },
};

test.for(Object.entries(faults))('the contract catches a setting that %s', async ([, setting]) => {
  const checks = settingContract.map(({ check }) => check(setting));
  const failed = (await Promise.allSettled(checks)).filter(({ status }) => status === 'rejected');
  expect(failed).not.toEqual([]);
});
