import assert from 'node:assert/strict';
import type { SeatPlan, Setting } from '@cooperbench/core';
import { seatFault } from '@cooperbench/core/host';

export interface SettingCase {
  readonly name: string;
  /** Rejects with an AssertionError when the setting breaks its promise. */
  check(setting: Setting): Promise<void>;
}

/** Sets of two, three and five features. They are frozen, so that a setting that changes them fails. */
const featureSets: readonly (readonly number[])[] = [
  [1, 2],
  [2, 5, 7],
  [3, 4, 8, 10, 11],
].map((features) => Object.freeze(features));

function forEachSet(
  setting: Setting,
  check: (seats: readonly SeatPlan[], features: readonly number[]) => void,
): void {
  for (const features of featureSets) check(setting.seats(features), features);
}

function assertText(value: unknown, what: string): void {
  assert.ok(
    typeof value === 'string' && value.trim() !== '',
    `${what} is not a text: ${JSON.stringify(value)}`,
  );
}

/** The promises of every setting. */
export const settingContract: readonly SettingCase[] = [
  {
    name: 'seats have ids and file stems that are well-formed and unique, and single has one seat',
    check: async (setting) =>
      forEachSet(setting, (seats) => assert.equal(seatFault(setting, seats), undefined)),
  },
  {
    name: 'every feature belongs to a seat that hands in',
    check: async (setting) =>
      forEachSet(setting, (seats, features) => {
        const handedIn = seats.filter(({ handsIn }) => handsIn !== false).flatMap((seat) => seat.features);
        assert.deepEqual(
          features.filter((feature) => !handedIn.includes(feature)),
          [],
        );
      }),
  },
  {
    name: 'seats work on no other feature, and on none twice',
    check: async (setting) =>
      forEachSet(setting, (seats, features) => {
        for (const seat of seats) {
          assert.deepEqual(
            seat.features.filter((feature) => !features.includes(feature)),
            [],
          );
          assert.equal(new Set(seat.features).size, seat.features.length);
        }
      }),
  },
  {
    name: 'the same features give the same seats',
    check: async (setting) =>
      forEachSet(setting, (seats, features) => assert.deepEqual(setting.seats(features), seats)),
  },
  {
    name: 'every seat has a task: a text of the setting, or the descriptions of its features',
    check: async (setting) =>
      forEachSet(setting, (seats, features) => {
        const descriptions = new Map(features.map((feature) => [feature, `Feature ${feature}.`]));
        for (const seat of seats) {
          if (setting.task) assertText(setting.task(seat, descriptions), `the task of ${seat.id}`);
          else assert.notDeepEqual(seat.features, [], `${seat.id} has neither a task nor features`);
        }
      }),
  },
  {
    name: 'instructions and roles are text',
    check: async (setting) =>
      forEachSet(setting, (seats) => {
        for (const seat of seats) {
          if (setting.instructions)
            assertText(setting.instructions(seat, seats), `the instructions of ${seat.id}`);
          if (seat.role !== undefined) assertText(seat.role, `the role of ${seat.id}`);
        }
      }),
  },
  {
    name: 'channels have names, each of them once',
    check: async ({ channels = [] }) => {
      for (const name of channels) assertText(name, 'a channel');
      assert.equal(new Set(channels).size, channels.length);
    },
  },
];
