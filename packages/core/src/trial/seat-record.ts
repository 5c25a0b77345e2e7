import type { AgentEvent, SeatStatus } from '../contracts/agent.ts';
import { CooperBenchError, messageOf } from '../contracts/errors.ts';
import { type PatchFacts, patchFacts } from '../records/patch-facts.ts';
import type { SeatResult } from '../records/result-file.ts';
import { PatchFile } from './patch-file.ts';
import type { Trajectory } from './trajectory.ts';

/** The record of a seat: its steps, usage, messages, patch and outcome. Core keeps it, so that a stopped agent loses nothing. */
export class SeatRecord {
  steps = 0;
  cost = 0;
  #costKnown = true;
  #estimatedCost = 0;
  status: SeatStatus = 'Error';
  error: string | null = null;
  #errorCode: string | undefined;
  /** Undefined: empty. */
  patch: PatchFile | undefined;
  readonly trajectory: Trajectory;
  readonly #patchPath: (attempt: number) => string;
  #patches = 0;
  readonly #ended = new AbortController();
  #answers = 0;
  readonly #tokens = { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 };

  /** `patchPath`: for temporary files. */
  constructor(trajectory: Trajectory, patchPath: (attempt: number) => string) {
    this.trajectory = trajectory;
    this.#patchPath = patchPath;
  }

  /** A file for another attempt to take the patch. */
  newPatch(): PatchFile {
    this.#patches += 1;
    return new PatchFile(this.#patchPath(this.#patches));
  }

  get patchFacts(): PatchFacts {
    return this.patch?.facts ?? patchFacts(new Uint8Array());
  }

  /** Aborts when core ends the seat before its agent does. The reason is an error. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Ends the seat. The first error counts. */
  end(error: Error): void {
    if (!this.ended.aborted) this.#ended.abort(error);
  }

  /** @throws the errors of `Trajectory.add`. */
  add(event: AgentEvent): void {
    if (event.type === 'step') this.steps += 1;
    else if (event.type === 'message') this.trajectory.add(event.message);
    else if (event.type === 'usage') {
      this.#answers += 1;
      this.trajectory.addUsage(event);
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

  /** Records that a failure counts as the agent's own: the patch is judged. Keeps the error's message. */
  judge(status: SeatStatus): void {
    this.status = status;
    this.#errorCode = undefined;
  }

  /** The code of the error of a seat that was lost. Null: it has none. */
  get errorCode(): string | null {
    return this.#errorCode ?? null;
  }

  /** Whether the records contain no sign of an answer of the model. */
  isIdle(): boolean {
    return this.steps === 0 && this.#answers === 0 && this.patchFacts.patch_bytes === 0;
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
