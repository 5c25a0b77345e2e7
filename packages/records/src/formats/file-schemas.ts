import type { JsonSchema } from '@cooperbench/core';

/*
 * Schemas of a run's files, so that readers never misinterpret a value of another type. A key may be missing or null, as in
 * files of the Python original, unless readers would then have to guess its meaning.
 */
const text: JsonSchema = { type: ['string', 'null'] };
const number: JsonSchema = { type: ['number', 'null'] };
const flag: JsonSchema = { type: ['boolean', 'null'] };
const numbers: JsonSchema = { type: ['array', 'null'], items: { type: 'integer' } };
const texts: JsonSchema = { type: ['array', 'null'], items: { type: 'string' } };

const record = (properties: Readonly<Record<string, JsonSchema>>, required: string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required,
});
const orNull = (schema: JsonSchema): JsonSchema => ({ ...schema, type: ['object', 'null'] });
const mapOf = (value: JsonSchema): JsonSchema => orNull({ additionalProperties: value });

const seat = record({
  ...{
    id: text,
    role: text,
    status: text,
    error: text,
    error_code: text,
    agent_framework: text,
    model: text,
  },
  ...{ feature_id: number, features: numbers, hands_in: flag, cost: number, cost_known: flag, steps: number },
  ...{
    input_tokens: number,
    output_tokens: number,
    patch_lines: number,
    patch_bytes: number,
    patch_sha256: text,
  },
  // File names begin with this stem, so it must not lead out of the folder of the trial.
  file_stem: { ...text, pattern: '^(?!\\.{1,2}$)[^/\\\\]+$' },
});

const phase = record(
  {
    ...{ name: { type: 'string' }, started_at: text, duration_seconds: number },
    seats: {
      type: 'object',
      additionalProperties: record({
        status: text,
        error: text,
        cost: number,
        cost_known: flag,
        steps: number,
      }),
    },
  },
  ['name', 'seats'],
);

const metricDefinitions = mapOf(record({ title: text, unit: text, better: text }));
const metricValues = mapOf({ type: ['number', 'boolean', 'string'] });

/** result.json */
export const resultShape: JsonSchema = record({
  ...{ setting: { ...text, minLength: 1 }, judged: { enum: ['merge', 'single'] }, repetition: number },
  ...{ agents: mapOf(seat), agent: orNull(seat), agent_framework: text, model: text, config_hash: text },
  ...{ total_cost: number, total_steps: number, messages_sent: number, duration_seconds: number },
  ...{ started_at: text, ended_at: text, untrusted: flag, network: text },
  phases: { type: ['array', 'null'], items: phase },
  metric_definitions: metricDefinitions,
});

const failingTests: JsonSchema = {
  type: ['array', 'null'],
  items: record({ name: { type: 'string' }, message: { type: 'string' }, places: texts }, [
    'name',
    'message',
  ]),
};
const tests = {
  ...{ tests_passed: number, tests_failed: number, exit_code: number, test_output: text, error: text },
  ...{ timed_out: flag, unrecognised: flag, missing_tests: texts, reference: orNull({}) },
  ...{ output_limit: flag, canary: text, framework_patched: flag },
  failing_tests: failingTests,
};
const feature = record({ ...tests, feature_id: number, passed: flag });
const individualSchema = record(
  { ...tests, feature_id: number, features: numbers, success: { type: 'boolean' } },
  ['success'],
);

const verdict: Readonly<Record<string, JsonSchema>> = {
  ...{ both_passed: { type: 'boolean' }, overall_success: flag, error: text },
  ...{ evaluated_at: text, inputs_hash: text, merge_policy_hash: text, network: text },
  apply_status: mapOf({ type: 'string' }),
  // The original records a merge that failed without a status.
  ...{ metrics: metricValues, metric_definitions: metricDefinitions },
  merge: orNull(record({ status: text, strategy: text, policy: text, diff: text, conflicts: texts })),
  features_results: mapOf(feature),
  individual: mapOf(individualSchema),
  dropped: {
    type: ['array', 'null'],
    items: record({ seat: { type: 'string' }, path: { type: 'string' }, rule: { type: 'string' } }),
  },
};

/** eval.json */
export const evaluationShape: JsonSchema = record(
  {
    ...verdict,
    ...{ features: numbers, feature1: orNull(feature), feature2: orNull(feature) },
    ...{ merge_policy: text, policies: mapOf({ type: 'boolean' }) },
    verdicts: mapOf(record(verdict, ['both_passed'])),
  },
  ['both_passed'],
);

const counts = record({
  ...{ passed: number, failed: number, errors: number },
  ...{ pass_rate: number, individual_rate: number, overall_rate: number },
});

/** summary.json */
export const summaryShape: JsonSchema = record({
  completed_at: text,
  by_setting: mapOf(
    record(
      { total_tasks: { type: 'number' }, total_cost: number, discarded_cost: number, cost_known: flag },
      ['total_tasks'],
    ),
  ),
  eval: orNull(record({ by_setting: mapOf(counts) })),
});

/** config.json */
export const configShape: JsonSchema = record({
  ...{
    created_at: text,
    backend: text,
    backend_reason: text,
    merge_policy: text,
    evaluator: text,
    registries: texts,
  },
  eval_network: { enum: ['open', 'registries', 'none', null] },
  settings: mapOf(
    record({ hash: text, identity: { type: 'object' }, seats: mapOf(record({ agent: text, model: text })) }, [
      'identity',
    ]),
  ),
});
