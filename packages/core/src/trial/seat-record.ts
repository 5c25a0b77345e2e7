import type { AgentEvent, SeatStatus, TrajectoryMessage } from '../contracts/agent.ts';
import { CooperBenchError, messageOf } from '../contracts/errors.ts';
import type { SeatResult } from '../records/result-file.ts';

/** The record of a seat: its steps, usage, messages, patch and outcome. Core keeps it, so that a stopped agent loses nothing. */
export class SeatRecord {
  steps = 0;
  cost = 0;
  #costKnown = true;
  #estimatedCost = 0;
  status: SeatStatus = 'Error';
  error: string | null = null;
  #errorCode: string | undefined;
  patch: Uint8Array = new Uint8Array();
  readonly messages: TrajectoryMessage[] = [];
  #answers = 0;
  readonly #tokens = { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 };

  add(event: AgentEvent): void {
    if (event.type === 'step') this.steps += 1;
    else if (event.type === 'message') this.messages.push(event.message);
    else if (event.type === 'usage') {
      this.#answers += 1;
      const { costUsd, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = event.usage;
      if (costUsd === undefined) this.#costKnown = false;
      this.cost += costUsd ?? 0;
      if (event.usage.estimated) this.#estimatedCost += costUsd ?? 0;
      this.#tokens.input_tokens += inputTokens;
      this.#tokens.output_tokens += outputTokens;
      this.#tokens.cache_read_tokens += cacheReadTokens;
      this.#tokens.cache_write_tokens += cacheWriteTokens;
    }
  }

  /** Returns the index of the first message recorded since a time in unix seconds. Undefined, or none since: the next index. */
  messageSince(time: number | undefined): number {
    if (time === undefined) return this.messages.length;
    return this.messages.findLastIndex(({ timestamp }) => timestamp < time) + 1;
  }

  /** The cost in the form that files and events use. */
  get costFields(): { readonly cost: number; readonly cost_known: boolean } {
    return { cost: this.cost, cost_known: this.#costKnown };
  }

  /** Records that infrastructure or a plugin failed the seat, or that the run was aborted. Keeps everything else. */
  fail(error: unknown, abort: AbortSignal): void {
    this.status = abort.aborted ? 'Cancelled' : 'Error';
    if (abort.aborted) return;
    this.error = messageOf(error);
    this.#errorCode = CooperBenchError.is(error) ? error.code : undefined;
  }

  /** Whether the records contain no sign of an answer of the model. */
  isIdle(): boolean {
    return this.steps === 0 && this.#answers === 0 && this.patch.length === 0;
  }

  result(
    more: Omit<
      SeatResult,
      | 'status'
      | 'cost'
      | 'cost_known'
      | 'estimated_cost'
      | 'steps'
      | 'error'
      | 'error_code'
      | `${string}_tokens`
    >,
  ): SeatResult {
    return {
      ...more,
      status: this.status,
      ...this.costFields,
      ...(this.#estimatedCost > 0 && { estimated_cost: this.#estimatedCost }),
      steps: this.steps,
      ...this.#tokens,
      error: this.error,
      ...(this.#errorCode !== undefined && { error_code: this.#errorCode }),
    };
  }
}
