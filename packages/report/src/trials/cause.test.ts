import type { EvaluationFile } from '@cooperbench/records';
import { expect, test } from 'vitest';
import { causeOf } from './cause.ts';

const merge = { status: 'clean', strategy: 'naive', policy: 'union', diff: '', conflicts: [] };
const applied = { agent1: 'applied', agent2: 'applied' };
const feature = (id: number, failed: number) => ({
  ...{ feature_id: id, passed: failed === 0, exit_code: failed === 0 ? 0 : 1 },
  ...{ tests_passed: 5, tests_failed: failed, test_output: '' },
});
const alone = (id: number, error: string | null = null) => ({
  feature_id: id,
  success: error === null,
  error,
});
const both = { agent1: alone(1), agent2: alone(2) };
const failing = { 1: feature(1, 0), 2: feature(2, 3) };

test.for([
  [
    { error: 'the daemon is gone', both_passed: true },
    'infrastructure',
    'Infrastructure failed: the daemon is gone',
  ],
  [
    {
      apply_status: { agent1: 'applied', agent2: 'skipped' },
      features_results: failing,
      individual: both,
      merge,
    },
    'nothing_submitted',
    'agent2 submitted nothing; feature 2 fails (3 of 8 tests failed).',
  ],
  [
    { apply_status: { agent1: 'failed', agent2: 'applied' }, merge: { ...merge, status: 'missing_input' } },
    'does_not_apply',
    'The patch of agent1 does not apply to the base commit.',
  ],
  [
    {
      apply_status: applied,
      individual: { agent1: alone(1), agent2: alone(2, '3 of 8 tests failed') },
      merge,
    },
    'own_feature_failed',
    "Agent2's patch alone fails feature 2 (3 of 8 tests failed).",
  ],
  [
    {
      apply_status: applied,
      individual: { agent1: alone(1, 'no') },
      merge: { ...merge, status: 'conflicts', strategy: null, conflicts: ['a.py'] },
    },
    'own_feature_failed',
    "Agent1's patch alone fails feature 1 (no); the patches conflict in a.py.",
  ],
  [
    {
      apply_status: applied,
      individual: both,
      merge: { ...merge, status: 'conflicts', strategy: null, policy: 'strict', conflicts: ['a.py', 'b.py'] },
    },
    'textual_conflict',
    'Each patch alone passes its tests, but the patches conflict in a.py and b.py, and the policy strict does not merge them.',
  ],
  [
    {
      apply_status: applied,
      individual: both,
      features_results: failing,
      merge: { ...merge, status: 'conflicts', strategy: 'union', conflicts: ['a.py'] },
    },
    'textual_conflict',
    'Each patch alone passes its tests, but the patches conflict in a.py, and after the union merge, feature 2 fails (3 of 8 tests failed).',
  ],
  [
    { apply_status: applied, individual: both, features_results: failing, merge },
    'semantic_conflict',
    'Each patch alone passes its tests, but on the merged tree, which has no conflict, feature 2 fails (3 of 8 tests failed).',
  ],
  [
    { apply_status: { solo: 'applied' }, individual: null, merge: null, features_results: failing },
    'feature_failed',
    'Feature 2 fails (3 of 8 tests failed).',
  ],
  [{ feature1: { passed: false }, features: [4, 7] }, 'feature_failed', 'Feature 4 fails.'],
  [
    { merge: { status: 'conflicts', strategy: 'union' }, feature1: { passed: false }, features: [4, 7] },
    'textual_conflict',
    'The patches conflict, and after the union merge, feature 4 fails.',
  ],
  [
    { merge: { status: 'conflicts', strategy: null } },
    'textual_conflict',
    'The patches conflict, and the policy does not merge them.',
  ],
  [
    {
      apply_status: applied,
      individual: both,
      features_results: failing,
      merge: { ...merge, status: 'conflicts', strategy: 'lead', policy: 'lead', conflicts: ['a.py'] },
    },
    'textual_conflict',
    "Each patch alone passes its tests, but the patches conflict in a.py, and under the policy lead only agent1's patch was tested, feature 2 fails (3 of 8 tests failed).",
  ],
  [
    {
      apply_status: { agent1: 'applied', agent2: 'failed' },
      features_results: failing,
      merge: { ...merge, status: 'missing_input', strategy: 'lead', policy: 'lead' },
    },
    'does_not_apply',
    "The patch of agent2 does not apply to the base commit; under the policy lead only agent1's patch was tested, and feature 2 fails (3 of 8 tests failed).",
  ],
  [{}, 'feature_failed', 'The tests of a feature fail.'],
] as const)('the evidence %j is %s', ([file, name, sentence]) => {
  expect(causeOf({ both_passed: false, ...file } as unknown as Partial<EvaluationFile>)).toEqual({
    name,
    sentence,
  });
});

test('a trial that passed has no cause', () => {
  expect(causeOf({ both_passed: true, error: null })).toBeNull();
});
