import type { RunEvent } from '@cooperbench/records';
import { expect, test } from 'vitest';
import type { TrialDetails } from '../trials/read-details.ts';
import { listTimeline } from './timeline.ts';

const details = (overrides: Partial<TrialDetails>): TrialDetails =>
  ({ stored: {}, evaluation: undefined, events: [], messages: [], seats: [], ...overrides }) as TrialDetails;
const timeAt = (second: number): string => new Date(second * 1000).toISOString();
const sent = { trial: 't', type: 'message', to: 'agent2', accepted: true, accepted_by: ['agent2'] } as const;

test('steps stand together until their seat does something else', () => {
  const step = (seat: string, steps: number, second: number): RunEvent => ({
    ...{ type: 'step', trial: 't', seat, steps, message: 0, cost: 0, cost_known: true, time: timeAt(second) },
  });
  const events: RunEvent[] = [
    step('agent1', 1, 1),
    step('agent2', 1, 2),
    step('agent1', 2, 3),
    { ...sent, id: '1', from: 'agent1', text: 'Hi', time: timeAt(4) },
    { type: 'message_delivered', trial: 't', id: '1', seat: 'agent2', time: timeAt(6.5) },
    // A fault of the channel delivers it twice.
    { type: 'message_delivered', trial: 't', id: '1', seat: 'agent2', time: timeAt(6.9) },
    { ...sent, id: '2', from: 'agent1', text: 'Late', time: timeAt(7) },
    { type: 'message_delivered', trial: 't', id: '2', seat: 'agent2', time: timeAt(7.5) },
    { type: 'message_returned', trial: 't', id: '2', seat: 'agent2', time: timeAt(7.6) },
    { ...sent, id: '3', from: 'agent1', text: 'No', accepted: false, accepted_by: [], time: timeAt(8) },
    { type: 'phase_started', trial: 't', phase: 'plan', number: 1, seats: ['agent2'], time: timeAt(8.1) },
    {
      ...{ type: 'phase_finished', trial: 't', phase: 'plan', number: 1, time: timeAt(8.25) },
      handed_over: { agent2: { 'plan.txt': 12, 'more.txt': null } },
    },
    { ...sent, id: '4', from: 'agent1', text: 'Gone', time: timeAt(8.5) },
    { type: 'message_dropped', trial: 't', id: '4', seat: 'agent2', time: timeAt(8.6) },
    { type: 'git', trial: 't', seat: 'agent2', service: 'push', exit_code: 1, refs: [], time: timeAt(9) },
    step('agent2', 2, 10),
    {
      ...{ type: 'seat_finished', trial: 't', seat: 'agent1', status: 'Timeout', steps: 2, cost: 0.5 },
      ...{ cost_known: true, error: 'too slow', time: timeAt(11) },
    },
    {
      ...{ type: 'seat_finished', trial: 't', seat: 'agent2', status: 'Completed', steps: 2, cost: 0 },
      ...{ cost_known: false, error: null, time: timeAt(12) },
    },
  ];
  const shownLines = listTimeline(details({ events }), 1).map(({ seconds, seat, text }) => [
    seconds,
    seat,
    text,
  ]);
  expect(shownLines).toEqual([
    [0, 'agent1', 'steps 1 to 2'],
    [1, 'agent2', 'step 1'],
    [3, 'agent1', 'to agent2 (read at 5.5s): Hi'],
    [6, 'agent1', 'to agent2 (not read): Late'],
    [7, 'agent1', 'to agent2 (refused): No'],
    [7.1, 'agent2', 'phase 1: plan'],
    [7.25, 'agent2', 'hands over plan.txt (12 bytes)'],
    [7.25, 'agent2', 'hands over no more.txt'],
    [7.5, 'agent1', 'to agent2 (lost on the way to agent2): Gone'],
    [8, 'agent2', 'git push failed (1)'],
    [9, 'agent2', 'step 2'],
    [10, 'agent1', 'Timeout after 2 steps, $0.50: too slow'],
    [11, 'agent2', 'Completed after 2 steps, cost unknown'],
  ]);
});

test('without events, messages and the ends of trajectories remain', () => {
  const messages = [
    {
      from: 'agent1',
      to: 'all',
      text: 'Hi',
      time: 3,
      accepted_by: ['agent2'],
      read: {},
      reads_recorded: true,
    },
  ];
  const seats = [
    { seat: 'agent1', features: [1], patch: '', trajectory: '', messages: [], start: 1, end: 5 },
  ];
  expect(listTimeline(details({ messages, seats }), 1)).toEqual([
    { seconds: 2, seat: 'agent1', kind: 'message', text: 'to all: Hi' },
    { seconds: 4, seat: 'agent1', kind: 'end', text: 'ended after some steps' },
  ]);
});
