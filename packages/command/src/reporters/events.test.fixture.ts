import type {
  EvaluationSummary,
  RunEvent,
  RunEventBody,
  RunSummary,
  VerdictCounts,
} from '@cooperbench/records';
import type { ReporterOutput } from './reporter.ts';

/** A clock that the test moves. */
export class Clock {
  ms = 5_000_000;
  now = (): number => this.ms;
  pass(seconds: number): void {
    this.ms += seconds * 1000;
  }
}

/** Keeps what was written. */
export class Page implements ReporterOutput {
  text = '';
  write(text: string): void {
    this.text += text;
  }
}

export function at(body: RunEventBody): RunEvent {
  return { time: '2026-03-04T10:30:00.000Z', ...body };
}

export function runStarted(
  overrides: Partial<Extract<RunEventBody, { type: 'run_started' }>> = {},
): RunEvent {
  const choice = { agent: 'mini_swe_agent', model: 'gpt-4o', backend: 'docker' };
  const { agent, model, backend } = { ...choice, ...overrides, agent: overrides.agent ?? choice.agent };
  return at({
    type: 'run_started',
    force: false,
    run: 'my-first-experiment',
    setting: 'coop',
    ...choice,
    seats: ['agent1', 'agent2'].map((seat) => ({ seat, agent, model, backend })),
    trials: 2,
    skipped: 0,
    concurrency: 1,
    log_dir: '/runs/logs/my-first-experiment',
    ...overrides,
  });
}

export function trialStarted(trial: string): RunEvent {
  return at({
    type: 'trial_started',
    trial,
    seats: [
      { seat: 'agent1', features: [1] },
      { seat: 'agent2', features: [2] },
    ],
  });
}

export function step(trial: string, seat: string, steps: number, cost: number): RunEvent {
  return at({ type: 'step', trial, seat, steps, message: 0, cost, cost_known: true });
}

export function message(trial: string, text: string, accepted = true): RunEvent {
  return at({
    type: 'message',
    trial,
    id: 'm1',
    from: 'agent1',
    to: 'agent2',
    text,
    accepted,
    accepted_by: accepted ? ['agent2'] : [],
  });
}

export function trialFinished(
  trial: string,
  overrides: Partial<Extract<RunEventBody, { type: 'trial_finished' }>> = {},
): RunEvent {
  const figures = { duration_seconds: 222, cost: 0.12, cost_known: true, steps: 34, messages: 3 };
  return at({ type: 'trial_finished', trial, status: 'Completed', ...figures, ...overrides });
}

export function seatFailed(trial: string, seat: string, error: string): RunEvent {
  const figures = { steps: 3, cost: 0.02, cost_known: true };
  return at({ type: 'seat_finished', trial, seat, status: 'Error', ...figures, error });
}

export function evaluationStarted(trials: number, skipped = 0): RunEvent {
  const run = 'my-first-experiment';
  return at({
    type: 'evaluation_started',
    run,
    trials,
    skipped,
    backend: 'docker',
    evaluator: 'tests',
    policy: 'union',
  });
}

export function verdict(
  trial: string,
  overrides: Partial<Extract<RunEventBody, { type: 'verdict' }>> = {},
): RunEvent {
  return at({
    type: 'verdict',
    trial,
    status: 'passed',
    both_passed: true,
    overall_success: true,
    merge: 'clean',
    strategy: 'naive',
    error: null,
    unrecognised: false,
    missing_tests: false,
    framework_patched: false,
    ...overrides,
  });
}

export function image(overrides: Partial<Extract<RunEventBody, { type: 'image' }>> = {}): RunEvent {
  const subject = { image: 'x:1', phase: 'pull', state: 'running', text: '' } as const;
  return at({ type: 'image', ...subject, done_bytes: null, total_bytes: null, ...overrides });
}

export function counts(overrides: Partial<VerdictCounts> = {}): VerdictCounts {
  return {
    total_runs: 2,
    passed: 1,
    failed: 1,
    errors: 0,
    skipped: 0,
    pass_rate: 0.5,
    overall_passed: 0,
    overall_rate: 0,
    merged_cleanly: 1,
    individual_rate: 0.75,
    with_reference: 2,
    without_reference: 0,
    voids: 0,
    pass_rate_with_voids: 0.5,
    ...overrides,
  };
}

export function evaluationSummary(overrides: Partial<EvaluationSummary> = {}): EvaluationSummary {
  const coop = counts(overrides);
  return {
    run_name: 'my-first-experiment',
    evaluated_at: '2026-03-04T10:40:00.000Z',
    cost: 0,
    cost_known: true,
    merge_policy: 'union',
    ...coop,
    by_setting: { coop: { judged: 'merge', seats: 2, ...coop } },
    results: [],
    ...overrides,
  };
}

export function runSummary(overrides: Partial<RunSummary> = {}): RunSummary {
  const coop = {
    total_tasks: 2,
    completed: 2,
    failed: 0,
    total_cost: 0.24,
    discarded_cost: 0,
    cost_known: true,
    messages_sent: 3,
    pass_rate: 0.5,
    voids: 0,
    pass_rate_with_voids: 0.5,
  };
  return {
    run_name: 'my-first-experiment',
    completed_at: '2026-03-04T10:40:00.000Z',
    ...coop,
    skipped: 0,
    total_time_seconds: 444,
    by_setting: { coop },
    results: [],
    eval: evaluationSummary(),
    ...overrides,
  };
}

export function runFinished(summary: RunSummary): RunEvent {
  return at({ type: 'run_finished', run: summary.run_name, summary });
}
