import type { ChannelEvent, ImageProgress, SeatStatus } from '@cooperbench/core';
import type { HandedOver } from './result-file.ts';
import type { EvaluationSummary, RunSummary } from './summaries.ts';

/**
 * An event of a run. Consoles, files and viewers use only this stream. `trial` is `<setting>/<repo>/<task_id>/f1_f2`, with `@2`
 * for the pair's second repetition. `cost_known` false: the price of a call is not known, and the call counts as 0 in `cost`.
 */
export type RunEventBody =
  | {
      type: 'run_started';
      /** Whether trials that already have a result run again. */
      force: boolean;
      run: string;
      setting: string;
      /** It is null if the seats have several. */
      agent: string | null;
      /** It is null if the seats have several, or none. */
      model: string | null;
      backend: string;
      /** The seats of each trial. `model` is null for an agent that uses no model. */
      seats: readonly { seat: string; agent: string; model: string | null; backend: string }[];
      trials: number;
      skipped: number;
      concurrency: number;
      log_dir: string;
    }
  | { type: 'trial_started'; trial: string; seats: readonly { seat: string; features: readonly number[] }[] }
  /** A command tried to reach something that the network `registries` does not: `HOST:PORT`. Untrusted. `seat` is `eval` for tests. */
  | { type: 'network_refused'; trial: string; seat: string; target: string }
  | { type: 'sandbox_ready'; trial: string; seat: string; sandbox: string }
  /** The agents of the trial begin together: the time of the seat counts from here. A seat that ended before has no such event. */
  | { type: 'seat_started'; trial: string; seat: string }
  | {
      type: 'step';
      trial: string;
      seat: string;
      steps: number;
      /** Index of the step's first message in the seat's trajectory. The message may not be recorded yet. */
      message: number;
      cost: number;
      cost_known: boolean;
    }
  /** The model of a seat has answered. */
  | {
      type: 'answer';
      trial: string;
      seat: string;
      /** Index of the answer in the seat's trajectory. */
      message: number;
      /** First line of the answer's command, or of its text when it has no command. At most 200 characters. Untrusted. */
      text: string;
    }
  | (ChannelEvent & { readonly trial: string })
  /** A phase of the trial's setting. `number` counts from 1. Its seats begin and finish between these events. */
  | { type: 'phase_started'; trial: string; phase: string; number: number; seats: readonly string[] }
  | {
      type: 'phase_finished';
      trial: string;
      phase: string;
      number: number;
      /** By seat. If it is absent, no seat was to hand over a file. */
      handed_over?: Readonly<Record<string, HandedOver>>;
    }
  /** With phases, a seat finishes in each of them. `steps` and `cost` are then those of all its phases so far. */
  | {
      type: 'seat_finished';
      trial: string;
      seat: string;
      status: SeatStatus;
      steps: number;
      cost: number;
      cost_known: boolean;
      error: string | null;
    }
  /** The changes that a seat has made so far. `hands_in` false: they are for other seats, and nobody tests them. */
  | { type: 'patch'; trial: string; seat: string; lines: number; bytes: number; hands_in?: false }
  | {
      type: 'trial_finished';
      trial: string;
      status: SeatStatus;
      duration_seconds: number;
      cost: number;
      cost_known: boolean;
      steps: number;
      messages: number;
    }
  | {
      type: 'evaluation_started';
      evaluator: string;
      run: string;
      trials: number;
      skipped: number;
      backend: string;
      /** It is null if no trial merges patches, so none plays a part. */
      policy: string | null;
    }
  | {
      type: 'verdict';
      trial: string;
      status: 'passed' | 'failed' | 'error';
      both_passed: boolean;
      overall_success: boolean;
      merge: string | null;
      strategy: string | null;
      error: string | null;
      unrecognised: boolean;
      /** Tests of a reference did not run on the merged tree. */
      missing_tests: boolean;
      /** Tests that must fail passed, so the patched code changed the test framework. */
      framework_patched: boolean;
    }
  | { type: 'evaluation_finished'; run: string; summary: EvaluationSummary }
  /** `agent`: the agent whose software is added to the images. It is null if the images are only built. */
  | { type: 'images_started'; images: number; backend: string; agent: string | null }
  | {
      type: 'image';
      image: string;
      phase: ImageProgress['phase'];
      state: ImageProgress['state'];
      /** Untrusted output, with several lines after a failure. Escape it before printing. */
      text: string;
      done_bytes: number | null;
      total_bytes: number | null;
    }
  | { type: 'images_finished'; built: number; present: number; failed: number }
  | { type: 'validation_started'; features: number; current: number; backend: string }
  | {
      type: 'validated';
      /** `<repo>/<task_id>` */
      task: string;
      feature: number;
      state: 'written' | 'current' | 'failed' | 'error';
      count: number | null;
      by_name: boolean | null;
      /** Test names that differed from run to run. */
      unstable: readonly string[];
      /** Names of tests that the golden patch itself defines. */
      of_patch: readonly string[];
      /** Names of hidden tests that pass without the feature. */
      pass_without: readonly string[];
      error: string | null;
    }
  | { type: 'validation_finished'; written: number; current: number; failed: number; errors: number }
  /** `left_out`: what the command was asked for and leaves out, a task or a trial. */
  | { type: 'notice'; level: 'info' | 'warning'; text: string; left_out?: string }
  | { type: 'run_stopped'; reason: string }
  | { type: 'run_finished'; run: string; summary: RunSummary };

/** An event with its time, in ISO 8601 UTC. */
export type RunEvent = RunEventBody & { readonly time: string };

export type RunEventType = RunEventBody['type'];
