import type { Phase, PhaseOutcome, SeatPlan, Setting } from '@cooperbench/core';
import { settingContract } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import plugin from './index.ts';

const make = (name: string, options = {}): Setting =>
  plugin().settings?.[name]?.create(options) ?? expect.fail(`no setting ${name}`);

describe.for([
  ['plan_execute', {}],
  ['plan_execute', { planShare: 1 }],
  ['review', {}],
  ['review', { rounds: 9 }],
  ['relay', {}],
  ['team', {}],
] as const)('the setting %s with %o', ([name, options]) => {
  test.for(settingContract)('$name', ({ check }) => check(make(name, options)));
});

interface HandedOver {
  readonly [seat: string]: Readonly<Record<string, string>>;
}

/** Returns the phases of a setting for the features 3 and 7, when seats hand over these files in each. */
function phasesOf(setting: Setting, handedOver: readonly HandedOver[]): Phase[] {
  const seats = setting.seats([3, 7]);
  const descriptions = new Map([3, 7].map((feature) => [feature, `Feature ${feature}.`]));
  const task = ({ features }: SeatPlan): string =>
    features.map((feature) => descriptions.get(feature)).join(' ');
  const phases = setting.phases?.({ seats, descriptions, task });
  const matches: Phase[] = [];
  for (const files of [undefined, ...handedOver, {}]) {
    const outcome: PhaseOutcome = {
      seats: new Map(
        seats.map(({ id }) => [
          id,
          { status: 'Completed', patch: new Uint8Array(), files: new Map(Object.entries(files?.[id] ?? {})) },
        ]),
      ),
    };
    const next = phases?.next(outcome);
    if (!next || next.done) break;
    matches.push(next.value);
  }
  return matches;
}

const taskOf = (phase: Phase | undefined, seat: string): string =>
  phase?.work.find((phaseWork) => phaseWork.seat === seat)?.task ?? expect.fail(`${seat} does not work`);

test('plan_execute gives each fresh agent its own plan only', () => {
  const [plan, execute, ...others] = phasesOf(make('plan_execute', { planShare: 0.2 }), [
    { agent1: { 'plan.txt': 'First parse().\n' }, agent2: {} },
  ]);
  expect(plan).toMatchObject({ name: 'plan', share: 0.2 });
  expect(plan?.work).toMatchObject([
    { seat: 'agent1', start: 'fresh', handsOver: ['plan.txt'], keepsChanges: false },
    { seat: 'agent2', start: 'fresh', handsOver: ['plan.txt'], keepsChanges: false },
  ]);
  expect(taskOf(execute, 'agent1')).toBe(
    'Feature 3.\n\n## Plan\n\nFollow this plan, which was agreed with the others:\n\nFirst parse().',
  );
  expect(taskOf(execute, 'agent2')).toBe('Feature 7.');
  expect(others).toEqual([]);
});

test('review revises until the reviewer approves', () => {
  const says = (text: string): HandedOver => ({ agent2: { 'review.md': text } });
  const names = (...handedOver: HandedOver[]): string[] =>
    phasesOf(make('review', { rounds: 2 }), handedOver).map(({ name }) => name);
  expect(names({}, says('**Approved**\nNice.'))).toEqual(['implement', 'review']);
  expect(names({}, says('Not approved: no test.'), {}, says('APPROVED'))).toEqual([
    ...['implement', 'review', 'revise', 'review'],
  ]);
  expect(names({}, says('No.'), {}, says('No.'), {})).toEqual([
    ...['implement', 'review', 'revise', 'review', 'revise'],
  ]);
  const [, review, revise] = phasesOf(make('review'), [{}, says('No test.')]);
  expect(review?.work[0]).toMatchObject({ seat: 'agent2', start: { from: 'agent1' }, keepsChanges: false });
  expect(revise?.work[0]).toMatchObject({ seat: 'agent1', start: 'continue' });
  expect(taskOf(revise, 'agent1')).toContain('Feature 3. Feature 7.');
  expect(taskOf(revise, 'agent1')).toContain('No test.');
});

test('a reviewer that writes nothing ends the review', () => {
  expect(phasesOf(make('review'), [{}, {}]).map(({ name }) => name)).toEqual(['implement', 'review']);
});

test('relay lets each continue the work of the one before', () => {
  const relay = make('relay');
  expect(relay.seats([3, 7])).toEqual([
    { id: 'agent1', fileStem: 'agent3', features: [3], submitsPatch: false },
    { id: 'agent2', fileStem: 'agent7', features: [3, 7] },
  ]);
  const phases = phasesOf(relay, [{}, {}]);
  expect(phases.map(({ work }) => work[0]?.start)).toEqual(['fresh', { from: 'agent1' }]);
  expect(taskOf(phases[0], 'agent1')).toBe('Feature 3.');
  expect(taskOf(phases[1], 'agent2')).toMatch(/^Feature 7\.\n\n## What is there\n/);
});

test('the lead of a team knows the features of its members', () => {
  const team = make('team');
  const seats = team.seats([3, 7, 9]);
  expect(seats.map(({ role }) => role)).toEqual(['lead', 'member', 'member']);
  const descriptions = new Map([3, 7, 9].map((feature) => [feature, `Feature ${feature}.`]));
  const [lead = '', member] = seats.map((seat) => team.task?.(seat, descriptions));
  expect(lead).toMatch(/^Feature 3\.\n[\s\S]*### Feature 7\n\nFeature 7\.\n\n### Feature 9\n\nFeature 9\.$/);
  expect(member).toBe('Feature 7.');
  expect(team.mergePolicy).toBe('lead');
});
