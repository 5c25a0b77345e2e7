import { existingRun, readTrials } from '@cooperbench/records';

export interface TrialCount {
  readonly trial: string;
  readonly messages: number;
  /** Input and output of all seats. */
  readonly tokens: number;
}

/** Counts what each trial of a run used. @throws ConfigError `UNKNOWN_RUN` when there is no such run. */
export async function countTrials(logDir: string, run: string): Promise<TrialCount[]> {
  const trials = await readTrials(await existingRun(logDir, run));
  return trials.map(({ id, result }) => {
    const seats = Object.values(result?.agents ?? (result?.agent ? { agent: result.agent } : {}));
    const tokens = seats.map((seat) => (seat.input_tokens ?? 0) + (seat.output_tokens ?? 0));
    return {
      trial: id,
      messages: result?.messages_sent ?? 0,
      tokens: tokens.reduce((sum, one) => sum + one, 0),
    };
  });
}
