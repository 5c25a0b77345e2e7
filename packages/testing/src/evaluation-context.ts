import type { EvaluationContext, EvaluationModel, ModelUsage, TrialRecords } from '@cooperbench/core';

/** The options of an evaluation in a test. */
export interface FakeEvaluation extends Partial<Omit<EvaluationContext, 'records' | 'useModel'>> {
  /** The records of each trial, by the id of its submission. Defaults to none. */
  readonly trials?: Readonly<Record<string, Partial<TrialRecords>>>;
  /** In USD. Defaults to no budget. */
  readonly budgetUsd?: number;
}

/** The context of an evaluation, for tests of evaluators, and what they booked. */
export interface FakeEvaluationContext extends EvaluationContext {
  /** Usage of models, by the id of the trial. */
  readonly booked: readonly { readonly trial: string; readonly model: string; readonly usage: ModelUsage }[];
}

/**
 * Creates the context of an evaluation. Without `runJobs`, no job has a result. Its models are those of the environment.
 *
 * @example
 * const conversation = async () => [{ from: 'agent1', to: 'all', text: 'Done?', time: 0, delivered: true }];
 * const context = evaluationContext({ trials: { 'coop/a_task/1/f1_f2': { conversation } } });
 */
export function evaluationContext({
  trials = {},
  budgetUsd,
  ...own
}: FakeEvaluation = {}): FakeEvaluationContext {
  const booked: FakeEvaluationContext['booked'][number][] = [];
  const computeBookedCost = (): number => booked.reduce((sum, { usage }) => sum + (usage.costUsd ?? 0), 0);
  return {
    async *runJobs() {},
    policy: { name: 'union', strategy: 'union' },
    runName: 'test',
    ...own,
    booked,
    records: ({ id, task }) => ({
      seats: [],
      conversation: async () => [],
      events: async () => [],
      trajectory: async () => [],
      taskText: async (feature) => `The task of feature ${feature} of ${task.repo}.`,
      ...trials[id],
    }),
    useModel: async (model): Promise<EvaluationModel> => ({
      access: { model },
      get leftUsd() {
        return budgetUsd === undefined ? undefined : budgetUsd - computeBookedCost();
      },
      book: (trial, usage) => void booked.push({ trial, model, usage }),
    }),
  };
}
