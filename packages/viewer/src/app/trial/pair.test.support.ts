import type { GitMoment, Lane, Message, PairDocument, Step } from '../../data/model.ts';

export function step(number: number, seconds: number | null, overrides: Partial<Step> = {}): Step {
  return {
    ...{ step: number, seconds, message: null, messages: [] },
    ...{ model_seconds: null, command_seconds: null },
    ...{ summary: `run ${number}`, communicates: false },
    ...{ cost: 0.1, total_cost: number / 10, input_tokens: 1, output_tokens: 1 },
    ...overrides,
  };
}

export function lane(seat: string, steps: readonly Step[], overrides: Partial<Lane> = {}): Lane {
  return {
    ...{ seat, features: [1], role: null, agent: 'a', model: 'm', status: 'Completed', error: null },
    ...{ start: 0, end: 10, cost: 1, input_tokens: 1, output_tokens: 1, patch_lines: 1, steps },
    trajectory: { file: `${seat}_traj.json`, bytes: 0, messages: 0, slices: [], roles: '', problem: null },
    ...overrides,
  };
}

export function message(index: number, from: string, to: string, overrides: Partial<Message> = {}): Message {
  return {
    ...{ index, from, to, text: 'hello', seconds: index + 1, accepted_by: [to], read: {} },
    ...{ reads_recorded: true, question: false, answer: null, to_finished: false, step: null },
    ...overrides,
  };
}

export function git(seat: string, service: GitMoment['service'], seconds: number, code = 0): GitMoment {
  return { seat, seconds, service, exit_code: code, refs: null };
}

/** Returns a trial of ten seconds. */
export function pairDocument(overrides: Partial<PairDocument>): PairDocument {
  return {
    ...({ schema_version: 1, run: 'r', row: { id: 'coop/a_task/1/f1_f2' } } as PairDocument),
    ...{
      clock: { start: 0, seconds: 10 },
      lanes: [],
      messages: [],
      git: [],
      phases: [],
      activities: [],
      files: [],
    },
    ...overrides,
  };
}
