import type { Evaluation, FeatureResult } from '../contracts/evaluation.ts';
import type { VerdictStatus } from '../contracts/summaries.ts';

/** The file eval.json. */
export interface EvaluationFile extends Evaluation {
  readonly schema_version: 1;
  readonly repo: string;
  readonly task_id: number;
  readonly features: readonly number[];
  readonly setting: string;
  readonly feature1: FeatureResult | null;
  readonly feature2: FeatureResult | null;
  readonly evaluated_at: string;
  readonly inputs_hash: string;
  /** The evaluator's name and options, without secrets. */
  readonly evaluator: { readonly name: string; readonly options: unknown };
  readonly backend: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function statusOf(file: Pick<EvaluationFile, 'error' | 'both_passed'>): VerdictStatus {
  return file.error ? 'error' : file.both_passed ? 'passed' : 'failed';
}
