import { formatMoney } from '@cooperbench/command/figures';
import { type ReportDocument, urls } from '../../data/model.ts';
import { useDocument } from '../documents.ts';
import { formatCauseWords } from '../parts/cause-words.ts';
import { ComparisonTable } from '../parts/comparison-table.tsx';
import { EstimateCell, FigureTable } from '../parts/figure-table.tsx';
import { formatWhole, share } from '../parts/figures.ts';
import { Problems } from '../parts/problems.tsx';
import { ReportPlots } from '../parts/report-plots.tsx';
import { Shown } from '../parts/state.tsx';
import { hashOf } from '../route.ts';

/** The figures of a run, as `cooperbench report` counts them. */
export function ReportPage({ run }: { readonly run: string }) {
  const loaded = useDocument<ReportDocument>(urls.report(run), 0);
  return (
    <div class="page">
      <div class="title">
        <h1>Report on {run}</h1>
      </div>
      <Shown of={loaded} what="the report, which reads all trajectories">
        {(report) => (
          <>
            <Problems problems={report.runs.flatMap(({ problems }) => problems)} />
            <ReportPlots report={report} />
            <Conditions report={report} />
            <ComparisonTable comparisons={report.comparisons} />
            <Failures report={report} run={run} />
            <p class="muted">
              <code>cooperbench report {run}</code> prints all tables, and writes Markdown, CSV, LaTeX and
              HTML.
            </p>
          </>
        )}
      </Shown>
    </div>
  );
}

function Conditions({ report: { conditions } }: { readonly report: ReportDocument }) {
  return (
    <FigureTable
      label="Conditions"
      caption="Conditions, with 95% intervals that account for pairs that share tasks"
      words={['Condition', 'Model']}
      numbers={['Trials', 'Individual', 'Merged', 'Overall', 'Cost', 'Messages', 'Unanswered', 'Talk']}
    >
      {conditions.map(({ communication: talk, ...one }) => (
        <tr key={one.label}>
          <th scope="row">{one.label}</th>
          <td class="model">{one.model}</td>
          <td class="number">{one.trials}</td>
          {[one.individual, one.merged, one.overall].map(({ rate, interval }, index) => (
            <EstimateCell key={index} value={rate} interval={interval} />
          ))}
          <td class="number">{formatMoney(one.cost)}</td>
          <td class="number">{formatWhole(talk.messages)}</td>
          <td class="number">
            {formatWhole(talk.unanswered)} of {formatWhole(talk.questions)}
          </td>
          <td class="number">{share(talk.communication_steps, talk.steps)} of steps</td>
        </tr>
      ))}
    </FigureTable>
  );
}

function Failures({
  report: { conditions },
  run,
}: {
  readonly report: ReportDocument;
  readonly run: string;
}) {
  const failures = conditions.flatMap((condition) => condition.failures);
  if (failures.length === 0) return null;
  const groups = [...Map.groupBy(failures, ({ name }) => name)];
  return (
    <section>
      <h2>Why trials failed</h2>
      <ul>
        {groups.map(([name, items]) => (
          <li key={name}>
            <a href={hashOf({ page: 'run', run, state: { cause: name } })}>{formatCauseWords(name)}</a>:{' '}
            {items.length}
          </li>
        ))}
      </ul>
    </section>
  );
}
