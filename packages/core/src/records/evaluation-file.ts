import { join } from 'node:path';
import type { Evaluation, FeatureResult } from '../contracts/evaluation.ts';
import type { VerdictStatus } from '../contracts/summaries.ts';
import { type JsonFile, readRecord } from './read-json.ts';
import { evaluationShape } from './shapes.ts';

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

/** Reads a trial's eval.json. Files of the Python original lack most keys. */
export async function readEvaluation(directory: string): Promise<JsonFile<Partial<EvaluationFile>>> {
  return readRecord(join(directory, 'eval.json'), evaluationShape);
}

export function statusOf(file: Partial<Pick<EvaluationFile, 'error' | 'both_passed'>>): VerdictStatus {
  return file.error ? 'error' : file.both_passed ? 'passed' : 'failed';
}
