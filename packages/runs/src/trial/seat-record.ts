import { type AgentEvent, CooperBenchError, getMessage, type SeatStatus } from '@cooperbench/core';
import { type PatchFacts, type PhaseSeatResult, patchFacts, type SeatResult } from '@cooperbench/records';
import { PatchFile } from './patch-file.ts';
import type { Trajectory } from './trajectory.ts';

/** The usage of a seat. */
class Usage {
  steps = 0;
  answers = 0;
  cost = 0;
  #costKnown = true;
  #estimatedCost = 0;
  readonly #tokens = { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 };

  add(event: AgentEvent): void {
    if (event.type === 'step') this.steps += 1;
    if (event.type !== 'usage') return;
    this.answers += 1;
    const { costUsd, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = event.usage;
    if (costUsd === undefined) this.#costKnown = false;
    this.cost += costUsd ?? 0;
    if (event.usage.estimated) this.#estimatedCost += costUsd ?? 0;
    this.#tokens.input_tokens += inputTokens;
    this.#tokens.output_tokens += outputTokens;
    this.#tokens.cache_read_tokens += cacheReadTokens;
    this.#tokens.cache_write_tokens += cacheWriteTokens;
  }

  /** Returns the cost in the form that files and events use. */
  get costFields(): { readonly cost: number; readonly cost_known: boolean } {
    return { cost: this.cost, cost_known: this.#costKnown };
  }

  /** The fields in the form that files use. */
  get fields(): Omit<PhaseSeatResult, 'status' | 'error' | 'error_code'> {
    return {
      ...this.costFields,
      ...(this.#estimatedCost > 0 && { estimated_cost: this.#estimatedCost }),
      steps: this.steps,
      ...this.#tokens,
    };
  }
}

/**
 * The record of a seat: its steps, usage, messages, patch and outcome. Core keeps it, so that a stopped agent loses nothing. With
 * phases, it has all of them: the status is that of the last one.
 */
export class SeatRecord {
  readonly #total = new Usage();
  #phase = new Usage();
  /** How long its agents have worked. */
  workedMs = 0;
  /** The text that it handed over in its last phase. */
  files: ReadonlyMap<string, string> = new Map();
  status: SeatStatus = 'Error';
  error: string | null = null;
  #errorCode: string | undefined;
  #patch: PatchFile | undefined;
  /** Whether the phase has taken a patch. */
  #hasPatch = false;
  /** Of the changes that the work tree began with. */
  #startSha = emptySha;
  readonly trajectory: Trajectory;
  readonly #patchPath: (attempt: number) => string;
  #patches = 0;
  #ended = new AbortController();

  /** `patchPath`: for temporary files. */
  constructor(trajectory: Trajectory, patchPath: (attempt: number) => string) {
    this.trajectory = trajectory;
    this.#patchPath = patchPath;
  }

  /** Begins a phase. `changes`: those that its work tree begins with. */
  beginPhase(name: string, changes: PatchFile | undefined): void {
    this.#phase = new Usage();
    this.#ended = new AbortController();
    this.#startSha = changes?.facts.patch_sha256 ?? emptySha;
    this.#hasPatch = false;
    this.files = new Map();
    this.status = 'Error';
    this.error = null;
    this.#errorCode = undefined;
    this.trajectory.phase = name;
  }

  /** Returns a file for another attempt to take the patch. */
  newPatch(): PatchFile {
    this.#patches += 1;
    return new PatchFile(this.#patchPath(this.#patches));
  }

  /** Returns the changes of the seat. It is undefined if there are none. */
  get patch(): PatchFile | undefined {
    return this.#patch;
  }

  set patch(patch: PatchFile | undefined) {
    this.#patch = patch;
    this.#hasPatch = patch !== undefined;
  }

  get patchFacts(): PatchFacts {
    return this.patch?.facts ?? patchFacts(new Uint8Array());
  }

  /** Returns whether a patch was taken in this phase. */
  get hasPatch(): boolean {
    return this.#hasPatch;
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
    this.#total.add(event);
    this.#phase.add(event);
    if (event.type === 'message') this.trajectory.add(event.message);
    else if (event.type === 'usage') this.trajectory.addUsage(event);
  }

  get steps(): number {
    return this.#total.steps;
  }

  get cost(): number {
    return this.#total.cost;
  }

  /** Returns the cost in the form that files and events use. */
  get costFields(): Usage['costFields'] {
    return this.#total.costFields;
  }

  /** Returns the usage of the seat in this phase. */
  get phase(): Pick<Usage, 'steps' | 'cost' | 'costFields'> {
    return this.#phase;
  }

  /** Records that infrastructure or a plugin failed the seat, or that the run was aborted. Keeps everything else. */
  fail(error: unknown, abort: AbortSignal): void {
    this.status = abort.aborted ? 'Cancelled' : 'Error';
    if (abort.aborted) return;
    this.error = getMessage(error);
    this.#errorCode = CooperBenchError.is(error) ? error.code : undefined;
  }

  /** Records that a failure counts as the agent's own: the patch is judged. Keeps the error's message. */
  judge(status: SeatStatus): void {
    this.status = status;
    this.#errorCode = undefined;
  }

  /** Returns the code of the error of a seat that was lost. Returns null if it has none. */
  get errorCode(): string | null {
    return this.#errorCode ?? null;
  }

  /** Returns whether the records contain no sign of an answer of the model. */
  isIdle(): boolean {
    return this.steps === 0 && this.#total.answers === 0 && this.patchFacts.patch_bytes === 0;
  }

  /** Returns whether those of this phase contain none. */
  isIdleInPhase(): boolean {
    const hasChanged = this.#hasPatch && this.patchFacts.patch_sha256 !== this.#startSha;
    return this.#phase.steps === 0 && this.#phase.answers === 0 && !hasChanged;
  }

  result(fields: Omit<SeatResult, keyof PhaseSeatResult>): SeatResult {
    return { ...fields, ...this.#buildResultWith(this.#total) };
  }

  /** Returns the result of the phase that has just ended. */
  phaseResult(): PhaseSeatResult {
    return this.#buildResultWith(this.#phase);
  }

  #buildResultWith(usage: Usage): PhaseSeatResult {
    return {
      status: this.status,
      ...usage.fields,
      error: this.error,
      ...(this.#errorCode !== undefined && { error_code: this.#errorCode }),
    };
  }
}

const emptySha = patchFacts(new Uint8Array()).patch_sha256;
