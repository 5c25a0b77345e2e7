import { expect, test } from 'vitest';
import { getSpent, layoutLanes } from './lanes-layout.ts';
import { lane, message, pairDocument, step } from './pair.test.support.ts';

const all = { from: 0, to: 10 };
const pair = pairDocument({
  lanes: [
    lane('agent1', [step(1, 1), step(2, 1.01), step(3, null)]),
    lane('agent2', [step(1, 5)], { start: 2, end: null }),
  ],
  messages: [
    message(0, 'agent1', 'agent2', { read: { agent2: 4 } }),
    message(1, 'agent2', 'agent1'),
    message(2, 'agent1', 'agent2', { accepted_by: [] }),
    message(3, 'ghost', 'agent1'),
    message(4, 'agent1', 'agent2', { dropped: ['agent2'] }),
  ],
});

test('puts every lane on the same clock, in the order of the seats', () => {
  const { lanes, x, timeAt, width } = layoutLanes(pair, 1020, all);
  expect([x(0), x(5), x(10)]).toEqual([10, 510, 1010]);
  expect([10, 510, 1010].map(timeAt)).toEqual([0, 5, 10]);
  expect(width).toBe(1020);
  expect(lanes.map(({ left, right }) => [left, right])).toEqual([
    [10, 1010],
    [210, 1010],
  ]);
  expect(lanes[1]?.y).toBeGreaterThan(lanes[0]?.y ?? 0);
});

test('shows a part of the clock, with the rest beside the page', () => {
  const { lanes, x, timeAt, ticks } = layoutLanes(pair, 1020, { from: 4, to: 6 });
  expect([x(4), x(5), x(6), x(0)]).toEqual([10, 510, 1010, -1990]);
  expect(timeAt(510)).toBe(5);
  expect(ticks).toEqual([4, 4.2, 4.4, 4.6, 4.8, 5, 5.2, 5.4, 5.6, 5.8, 6]);
  expect(lanes[1]?.steps.map((shape) => [shape.x, shape.width, shape.room])).toEqual([[510, 14, 2486]]);
});

test('shows each step that has a time, wide enough to be hit', () => {
  const [first] = layoutLanes(pair, 1020, all).lanes;
  expect(first?.steps.map(({ step: { step: number }, x, width }) => [number, x, width])).toEqual([
    [1, 110, 2],
    [2, 111, 14],
  ]);
});

test('draws a message from where it was sent to where it was read, and stops what was not read on its way', () => {
  const { arrows, lanes, x } = layoutLanes(pair, 1020, all);
  expect(arrows.map(({ fate }) => fate)).toEqual(['read', 'unread', 'refused', 'dropped']);
  const [arrow, unread] = arrows;
  expect([arrow?.from[0], arrow?.end[0]]).toEqual([x(1), x(4)]);
  expect(arrow?.end[1]).toBeLessThan(lanes[1]?.y ?? 0);
  expect(unread?.end[0]).toBe(unread?.from[0]);
  expect(unread?.end[1]).toBeLessThan(unread?.from[1] ?? 0);
});

test('draws one arrow to every other seat for a message to all', () => {
  const three = pairDocument({
    lanes: ['a', 'b', 'c'].map((seat) => lane(seat, [])),
    messages: [message(0, 'b', 'all', { accepted_by: ['a', 'c'] })],
  });
  expect(layoutLanes(three, 500, all).arrows.map(({ to }) => to)).toEqual(['a', 'c']);
});

test('knows what a seat spent while it works, when there is no result yet', () => {
  const steps = [step(1, 1), step(2, 2)];
  expect(getSpent(lane('agent1', steps, { status: '', cost: null }))).toBe(0.2);
  expect(getSpent(lane('agent1', [], { status: '', cost: null }))).toBeNull();
  expect(getSpent(lane('agent1', steps, { cost: 3 }))).toBe(3);
});

test('draws no cost when none is known, and nothing outside a picture of no width', () => {
  const unknown = pairDocument({ lanes: [lane('agent1', [step(1, 1, { total_cost: null })])] });
  expect(layoutLanes(unknown, 500, all).lanes[0]?.cost).toBe('');
  expect(layoutLanes(pair, 500, all).lanes[0]?.cost).toMatch(/^M[\d.]+ [\d.]+H/);
});
