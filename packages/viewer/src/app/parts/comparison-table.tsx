import { formatPercent, formatPValue } from '@cooperbench/command/figures';
import { formatPointRange, formatPoints } from '@cooperbench/report/comparisons';
import type { ReportDocument } from '../../data/model.ts';
import { EstimateCell, FigureTable } from './figure-table.tsx';

/** The differences between the conditions of a report, on the pairs that they share. */
export function ComparisonTable({ comparisons }: Pick<ReportDocument, 'comparisons'>) {
  if (comparisons.length === 0) return null;
  return (
    <FigureTable
      label="Comparisons"
      caption="Paired comparisons of the merged rate; the deficit is (baseline − condition) / baseline"
      words={['Condition against baseline']}
      numbers={[
        ...['Pairs', 'Baseline', 'Condition', 'Difference', 'Deficit', 'McNemar p', 'Sign-flip p'],
        ...['Smallest p', 'Holm p'],
      ]}
    >
      {comparisons.map(({ baseline, other, difference, deficit, ...one }) => (
        <tr key={`${baseline} ${other}`}>
          <th scope="row">
            {other} against {baseline}
          </th>
          <td class="number">{one.pairs}</td>
          <td class="number">{formatPercent(one.baseline_rate)}</td>
          <td class="number">{formatPercent(one.other_rate)}</td>
          <td class="number">
            {formatPoints(difference.estimate)}
            <small>{formatPointRange(difference.interval)}</small>
          </td>
          <EstimateCell value={deficit?.estimate ?? null} interval={deficit?.interval ?? null} />
          <td class="number">{formatPValue(one.mcnemar?.p)}</td>
          <td class="number">{formatPValue(one.sign_flip?.p)}</td>
          <td class="number">{formatPValue(one.sign_flip?.smallest)}</td>
          <td class="number">{formatPValue(one.adjusted_p ?? undefined)}</td>
        </tr>
      ))}
    </FigureTable>
  );
}
