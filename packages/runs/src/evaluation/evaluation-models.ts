import type { EvaluationModel } from '@cooperbench/core';
import { type Ledger, readLedger, totalOf } from '@cooperbench/records';
import type { EvaluateOptions } from '../options/options.ts';
import { openLedger } from '../run-folder/spending.ts';
import type { EventStream } from '../trial/event-stream.ts';

/** The models that an evaluator asks. Opens the ledger of the run when it opens the first. */
export class EvaluationModels implements AsyncDisposable {
  readonly #runDir: string;
  readonly #options: Pick<EvaluateOptions, 'budgetUsd' | 'spentUsd' | 'prices' | 'chosenByProject'>;
  readonly #evaluator: string;
  readonly #events: EventStream;
  readonly #models = new Map<string, EvaluationModel>();
  #opening: Promise<{ readonly ledger: Ledger; readonly before: number }> | undefined;

  constructor(
    runDir: string,
    options: Pick<EvaluateOptions, 'budgetUsd' | 'spentUsd' | 'prices' | 'chosenByProject'>,
    evaluator: string,
    events: EventStream,
  ) {
    this.#runDir = runDir;
    this.#options = options;
    this.#evaluator = evaluator;
    this.#events = events;
  }

  /** @throws ConfigError `LEDGER`, `LOG_DIR_UNWRITABLE`. */
  async open(model: string): Promise<EvaluationModel> {
    this.#opening ??= this.#openLedger();
    const { ledger, before } = await this.#opening;
    const cachedModel = this.#models.get(model);
    if (cachedModel) return cachedModel;
    const { budgetUsd, prices = {}, chosenByProject } = this.#options;
    const evaluationModel: EvaluationModel = {
      access: {
        model,
        chosenByProject: chosenByProject && { variables: chosenByProject.variables },
        price: Object.hasOwn(prices, model) ? prices[model] : undefined,
      },
      get leftUsd() {
        return budgetUsd === undefined ? undefined : Math.max(0, budgetUsd - before - ledger.appended);
      },
      book: (trial, usage) =>
        ledger.append({
          time: this.#events.now().toISOString(),
          trial,
          run_id: '',
          evaluator: this.#evaluator,
          model,
          cost: usage.costUsd ?? null,
          input_tokens: usage.inputTokens,
          output_tokens: usage.outputTokens,
          cache_read_tokens: usage.cacheReadTokens,
          cache_write_tokens: usage.cacheWriteTokens,
        }),
    };
    this.#models.set(model, evaluationModel);
    return evaluationModel;
  }

  async #openLedger(): Promise<{ readonly ledger: Ledger; readonly before: number }> {
    const { ledger } = await openLedger(this.#runDir, this.#events);
    const spentBefore =
      totalOf(await readLedger(this.#runDir)) - ledger.appended + (this.#options.spentUsd ?? 0);
    return { ledger, before: spentBefore };
  }

  /** After this, nothing is booked. */
  async [Symbol.asyncDispose](): Promise<void> {
    const openedLedger = await this.#opening?.catch(() => undefined);
    await openedLedger?.ledger[Symbol.asyncDispose]();
  }
}
