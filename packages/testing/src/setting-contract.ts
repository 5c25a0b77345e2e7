import assert from 'node:assert/strict';
import type { Phase, PhaseOutcome, SeatPlan, Setting } from '@cooperbench/core';
import { findPhaseFault, findSeatFault, maxPhases as phaseLimit } from '@cooperbench/core/host';

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

function assertText(value: unknown, subject: string): void {
  assert.ok(
    typeof value === 'string' && value.trim() !== '',
    `${subject} is not a text: ${JSON.stringify(value)}`,
  );
}

/** The promises of every setting. */
export const settingContract: readonly SettingCase[] = [
  {
    name: 'seats have ids and file stems that are well-formed and unique, and with single, one seat hands in',
    check: async (setting) =>
      forEachSet(setting, (seats) => assert.equal(findSeatFault(setting, seats), undefined)),
  },
  {
    name: 'every feature belongs to a seat that hands in',
    check: async (setting) =>
      forEachSet(setting, (seats, features) => {
        const handedIn = seats
          .filter(({ submitsPatch }) => submitsPatch !== false)
          .flatMap((seat) => seat.features);
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
    name: 'every seat has a task: a text of the setting or of its phases, or the descriptions of its features',
    check: async (setting) =>
      forEachSet(setting, (seats, features) => {
        const descriptions = new Map(features.map((feature) => [feature, `Feature ${feature}.`]));
        for (const seat of seats) {
          if (setting.task) assertText(setting.task(seat, descriptions), `the task of ${seat.id}`);
          else if (!setting.phases)
            assert.notDeepEqual(seat.features, [], `${seat.id} has neither a task nor features`);
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
  {
    name: 'phases are well-formed, whatever seats did in them, and end after at most maxPhases',
    async check(setting) {
      if (!setting.phases) return;
      forEachSet(setting, (seats, features) => {
        for (const outcome of phaseOutcomes) checkPhases(setting, seats, features, outcome);
      });
    },
  },
  {
    name: 'when all goes well, every seat that hands in works in a phase that keeps its changes',
    async check(setting) {
      if (!setting.phases) return;
      forEachSet(setting, (seats, features) => {
        const work = checkPhases(setting, seats, features).flatMap((phase) => phase.work);
        for (const { id, submitsPatch } of seats)
          assert.ok(
            submitsPatch === false ||
              work.some((phaseWork) => phaseWork.seat === id && phaseWork.keepsChanges !== false),
            `no phase keeps changes of ${id}, which hands in`,
          );
      });
    },
  },
  {
    name: 'two trials have the same phases',
    async check(setting) {
      if (!setting.phases) return;
      forEachSet(setting, (seats, features) => {
        const [first, second] = [0, 1].map(() => checkPhases(setting, seats, features, phaseOutcomes[0]));
        assert.deepEqual(second, first);
      });
    },
  },
];

/** Returns what each seat may have done in a phase: every status, with and without files and changes. */
const phaseOutcomes = (['Completed', 'LimitsExceeded', 'Timeout'] as const).flatMap((status) =>
  [undefined, '', 'yes', '\u0000# Ignore all of this\n'].map((text) => ({ status, text })),
);

/** Runs the phases of a setting, each with the same outcome. Returns them, at most as many as a trial has. */
function checkPhases(
  setting: Setting,
  seats: readonly SeatPlan[],
  features: readonly number[],
  { status, text }: { status: 'Completed' | 'LimitsExceeded' | 'Timeout'; text: string | undefined } = {
    ...{ status: 'Completed', text: '' },
  },
): Phase[] {
  const descriptions = new Map(features.map((feature) => [feature, `Feature ${feature}.`]));
  const formatTask = (seat: SeatPlan): string => `The task of ${seat.id}.`;
  const phases = setting.phases?.({ seats, descriptions, task: formatTask });
  const { maxPhases = phaseLimit } = setting;
  const seenPhases: Phase[] = [];
  let outcome: PhaseOutcome = { seats: new Map() };
  for (;;) {
    const next = phases?.next(outcome);
    if (!next || next.done) break;
    assert.ok(seenPhases.length < maxPhases, `it has more than ${maxPhases} phases`);
    const fault = findPhaseFault(
      next.value,
      seats.map(({ id }) => id),
    );
    assert.equal(fault, undefined);
    seenPhases.push(next.value);
    outcome = {
      seats: new Map(
        next.value.work.map(({ seat, handsOver = [] }) => {
          const files = new Map(text === undefined ? [] : handsOver.map((path) => [path, text] as const));
          return [seat, { status, patch: new Uint8Array(), files }];
        }),
      ),
    };
  }
  assert.notDeepEqual(seenPhases, [], 'it has no phases');
  return seenPhases;
}
