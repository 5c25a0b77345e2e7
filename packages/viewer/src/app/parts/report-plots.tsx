import { type Estimate, renderBarPlot, renderIntervalPlot } from '@cooperbench/report/plots';
import { useEffect, useState } from 'preact/hooks';
import type { ReportDocument } from '../../data/model.ts';
import { formatCauseWords } from './cause-words.ts';
import { Scroll } from './scroll.tsx';

/** The plots of `cooperbench report --format html`. */
export function ReportPlots({ report: { conditions, comparisons } }: { readonly report: ReportDocument }) {
  const compact = useNarrow();
  const rates = (['merged', 'overall', 'individual'] as const).flatMap((name) =>
    conditions.flatMap((condition): Estimate[] => {
      const { rate, interval } = condition[name];
      const word = name === 'merged' && condition.judged === 'single' ? 'passed' : name;
      return rate === null ? [] : [{ label: `${condition.label} ${word}`, value: rate, interval }];
    }),
  );
  const deficits = comparisons.flatMap(({ baseline, other, deficit }): Estimate[] => {
    const value = deficit?.estimate ?? null;
    return value === null
      ? []
      : [{ label: `${other} against ${baseline}`, value, interval: deficit?.interval ?? null }];
  });
  const causes = conditions.flatMap(({ label, causes: counts }) =>
    Object.entries(counts).map(([name, count]) => ({ label: `${label}: ${formatCauseWords(name)}`, count })),
  );
  return (
    <div class="plots">
      {rates.length > 0 && (
        <Scroll label="Pass rates">
          {renderIntervalPlot('Pass rates with 95% intervals', rates, compact)}
        </Scroll>
      )}
      {deficits.length > 0 && (
        <Scroll label="Coordination deficit">
          {renderIntervalPlot('Coordination deficit with 95% intervals', deficits, compact)}
        </Scroll>
      )}
      {causes.length > 0 && (
        <Scroll label="Causes">{renderBarPlot('Failed trials by cause', causes, compact)}</Scroll>
      )}
    </div>
  );
}

/** Returns whether the page is as narrow as on a phone, followed. */
function useNarrow(): boolean {
  const [query] = useState(() => matchMedia('(max-width: 640px)'));
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const follow = (): void => setNarrow(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, [query]);
  return narrow;
}
