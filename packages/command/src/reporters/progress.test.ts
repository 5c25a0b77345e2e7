import { expect, test } from 'vitest';
import {
  at,
  evaluationStarted,
  evaluationSummary,
  message,
  runFinished,
  runStarted,
  runSummary,
  seatFailed,
  step,
  trialFinished,
  trialStarted,
  verdict,
} from './events.test.fixture.ts';
import { Progress } from './progress.ts';

const trial = (number: number): string => `coop/repo/${number}/f1_f2`;

function running(trials: number, concurrency: number): Progress {
  const progress = new Progress();
  progress.apply(runStarted({ trials, concurrency }), 0);
  for (let number = 1; number <= Math.min(trials, concurrency); number += 1)
    progress.apply(trialStarted(trial(number)), 0);
  return progress;
}

test('the cost is what finished trials cost and running seats have cost so far', () => {
  const progress = running(3, 2);
  progress.apply(step(trial(1), 'agent1', 1, 0.25), 0);
  progress.apply(step(trial(1), 'agent1', 2, 0.5), 0);
  progress.apply(step(trial(2), 'agent2', 1, 1), 0);
  expect(progress.cost).toEqual({ total_cost: 1.5, cost_known: true });
  progress.apply(trialFinished(trial(1), { cost: 0.75 }), 0);
  expect(progress.cost).toEqual({ total_cost: 1.75, cost_known: true });
  progress.apply(trialFinished(trial(2), { cost: 0, cost_known: false }), 0);
  expect(progress.cost).toEqual({ total_cost: 0.75, cost_known: false });
});

test('nothing is said of the time left before a trial has finished', () => {
  expect(running(3, 1).remainingSeconds(60_000)).toBeUndefined();
});

test('the time left counts what waits and what running trials still need, over those at once', () => {
  const progress = running(7, 2);
  progress.apply(trialFinished(trial(1), { duration_seconds: 100 }), 100_000);
  progress.apply(trialStarted(trial(3)), 100_000);
  // Four wait, trial 3 has just begun, trial 2 has had its mean.
  expect(progress.remainingSeconds(100_000)).toBe((4 * 100 + 100 + 0) / 2);
  expect(progress.remainingSeconds(140_000)).toBe((4 * 100 + 60 + 0) / 2);
});

test('the last trials are not divided by slots that stay empty', () => {
  const progress = running(2, 20);
  progress.apply(trialFinished(trial(1), { duration_seconds: 100 }), 10_000);
  expect(progress.remainingSeconds(10_000)).toBe(90);
});

test('the time left of an evaluation is judged by its own pace', () => {
  const progress = running(1, 1);
  progress.apply(evaluationStarted(10), 50_000);
  expect(progress.remainingSeconds(60_000)).toBeUndefined();
  progress.apply(verdict(trial(1)), 60_000);
  expect(progress.remainingSeconds(60_000)).toBe(90);
});

test('an event names its trial while it runs and at its end, not afterwards', () => {
  const progress = running(1, 1);
  expect(progress.apply(message(trial(1), 'hi'), 0)?.lastMessage).toMatchObject({ text: 'hi' });
  expect(progress.apply(seatFailed(trial(1), 'agent1', 'why'), 0)?.seats.get('agent1')).toMatchObject({
    error: 'why',
  });
  expect(progress.apply(trialFinished(trial(1), { status: 'Error' }), 0)?.number).toBe(1);
  expect(progress.errors).toBe(1);
  expect(progress.apply(message(trial(1), 'late'), 0)).toBeUndefined();
});

test('a trial that never said it finished does not run during the evaluation', () => {
  const progress = running(1, 1);
  progress.apply(evaluationStarted(1), 0);
  expect(progress.running.size).toBe(0);
});

test('a run is over after its own end, an evaluation alone after the evaluation', () => {
  const evaluated = at({ type: 'evaluation_finished', run: 'x', summary: evaluationSummary() });
  const run = running(1, 1);
  run.apply(evaluated, 0);
  expect(run.over).toBe(false);
  run.apply(runFinished(runSummary()), 0);
  expect(run.over).toBe(true);
  const evaluation = new Progress();
  evaluation.apply(evaluationStarted(1), 0);
  evaluation.apply(evaluated, 0);
  expect(evaluation.over).toBe(true);
});
