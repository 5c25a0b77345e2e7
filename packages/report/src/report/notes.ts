import type { ConditionReport } from './condition-report.ts';

/** Lists the networks of each condition. One note for all that have the same. */
export function listNetworkNotes(conditions: readonly ConditionReport[]): string[] {
  const conditionsWithNetworks = conditions.filter(({ networks }) => networks.length > 0);
  const formatText = ({ networks, eval_networks: tests }: ConditionReport): string =>
    `agents ${networks.join(' + ')}${tests.length > 0 ? `, tests ${tests.join(' + ')}` : ''}`;
  return [...Map.groupBy(conditionsWithNetworks, formatText)].map(([networks, groupConditions]) => {
    const conditionText =
      groupConditions.length < conditions.length
        ? ` of ${groupConditions.map(({ label }) => label).join(', ')}`
        : '';
    return `Network${conditionText}: ${networks}.`;
  });
}

/** Lists a note when the conditions have verdicts under different merge policies. */
export function listMixedPolicies(conditions: readonly ConditionReport[]): string[] {
  const policies = [...new Set(conditions.flatMap(({ merge_policies }) => merge_policies))];
  if (policies.length < 2) return [];
  return [
    `These verdicts come from different merge policies: ${policies.sort().join(', ')}. \`--merge-policy NAME\` counts those of one.`,
  ];
}
