import type { Talk, Trial } from './trial.ts';

export const silence: Talk = {
  ...{
    messages: 0,
    refused: 0,
    unread: 0,
    dropped: 0,
    duplicated: 0,
    to_finished: 0,
    questions: 0,
    unanswered: 0,
  },
  ...{ communication_steps: 0, steps: 0, communication_tokens: 0, tokens: 0 },
};

/** Returns a trial of pair f1_f2 of `task`, with what a test cares about. */
export function trial(overrides: Partial<Trial> & Pick<Trial, 'task' | 'pair'>): Trial {
  const setting = overrides.setting ?? 'coop';
  const verdict = overrides.verdict ?? 'passed';
  return {
    run: 'run',
    setting,
    id: `${setting}/${overrides.pair}`,
    repo: overrides.task.split('/')[0] ?? '',
    features: [1, 2],
    repetition: 1,
    judged: setting === 'solo' ? 'single' : 'merge',
    agent: 'a',
    model: 'm',
    verdict,
    overall: verdict === 'passed' ? true : verdict === 'failed' ? false : null,
    individual: {},
    merge: null,
    merge_policy: setting === 'solo' ? null : 'union',
    outdated: false,
    conflicts: [],
    seats: [],
    voids: { attempts: 0, unexplained: 0, seats: {}, isLost: false },
    seconds: 1,
    talk: silence,
    metrics: [],
    cause: verdict === 'failed' ? { name: 'feature_failed', sentence: 'Feature 1 fails.' } : null,
    ...overrides,
  };
}
