import { join } from 'node:path';
import type { ActualNetwork, Evaluation, FeatureResult, MetricDefinitions } from '@cooperbench/core';
import { type JsonFile, readRecord } from '../files/read-json.ts';
import type { SnakeKeys } from './evaluation-keys.ts';
import { evaluationShape } from './file-schemas.ts';
import type { VerdictStatus } from './summaries.ts';

/** The result of one run of hidden tests, as eval.json has it. */
export type StoredFeatureResult = SnakeKeys<FeatureResult>;

/** A verdict under one merge policy, and what it was made from. */
export interface StoredVerdict extends SnakeKeys<Evaluation> {
  readonly evaluated_at: string;
  /** Hash of everything that the verdict depends on, except for the merge policy. */
  readonly inputs_hash: string;
  /** Hash of what the merge policy does. It is null if no policy plays a part, because one patch contains all features. */
  readonly merge_policy_hash: string | null;
  /** The evaluator's name and options, without secrets. */
  readonly evaluator: { readonly name: string; readonly options: unknown };
  readonly backend: string;
  /** The network that the tests had. If it is absent, the verdict is from before there were policies. */
  readonly network?: ActualNetwork;
  readonly versions: Readonly<Record<string, string>>;
  /** The metrics that the evaluator declares. It is absent if there are none. */
  readonly metric_definitions?: MetricDefinitions | undefined;
}

/** Keys that a further verdict has only where its value differs from that at the top level. */
export type SharedKey =
  | ('apply_status' | 'individual' | 'dropped')
  | ('evaluator' | 'backend' | 'network' | 'versions' | 'warm_layer' | 'metric_definitions');

export type FurtherVerdict = Omit<StoredVerdict, SharedKey> & Partial<Pick<StoredVerdict, SharedKey>>;

/** The file eval.json. Its top level is the verdict under the merge policy that was evaluated first. */
export interface EvaluationFile extends StoredVerdict {
  readonly schema_version: 1;
  readonly repo: string;
  readonly task_id: number;
  readonly features: readonly number[];
  readonly setting: string;
  readonly feature1: StoredFeatureResult | null;
  readonly feature2: StoredFeatureResult | null;
  /** The policy of the top level. It is null if no policy plays a part. */
  readonly merge_policy: string | null;
  /** `both_passed` by policy: of every verdict in this file, and of every other policy for which one of them decides. */
  readonly policies: Readonly<Record<string, boolean>>;
  /** The verdicts under other policies. It is absent if there are none. */
  readonly verdicts?: Readonly<Record<string, FurtherVerdict>>;
}

/** Reads a trial's eval.json. Files of the Python original lack most keys. */
export async function readEvaluation(directory: string): Promise<JsonFile<Partial<EvaluationFile>>> {
  return readRecord(join(directory, 'eval.json'), evaluationShape);
}

export function buildStatus(file: Partial<Pick<EvaluationFile, 'error' | 'both_passed'>>): VerdictStatus {
  return file.error ? 'error' : file.both_passed ? 'passed' : 'failed';
}
