import { formatPercent } from '@cooperbench/command/figures';
import { useEffect, useState } from 'preact/hooks';
import { type RunRow, type RunsDocument, urls } from '../../data/model.ts';
import { useLiveDocument } from '../documents.ts';
import { adjust } from '../navigation.ts';
import { cost, formatWhole } from '../parts/figures.ts';
import { Problems } from '../parts/problems.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { Shown } from '../parts/state.tsx';
import { hashOf } from '../route.ts';

/** All runs, newest first. Two of them can be compared. */
export function RunsPage() {
  const runs = useLiveDocument<RunsDocument>(urls.runs);
  // An address without a hash opens the run that the command named; `#/` is the list.
  const open = runs.state === 'read' && location.hash === '' ? runs.value.open : null;
  useEffect(() => {
    if (open !== null) adjust({ page: 'run', run: open, state: {} });
  }, [open]);
  const [chosenNames, setChosen] = useState<readonly string[]>([]);
  const toggle = (name: string): void =>
    setChosen(
      chosenNames.includes(name)
        ? chosenNames.filter((chosenName) => chosenName !== name)
        : [...chosenNames.slice(-1), name],
    );
  const runNames = runs.state === 'read' ? runs.value.runs.map(({ name }) => name) : [];
  const [left, right] = runNames.filter((name) => chosenNames.includes(name));
  return (
    <div class="page">
      <div class="title">
        <h1>Runs</h1>
        {left !== undefined && right !== undefined ? (
          <a class="button" href={hashOf({ page: 'compare', runs: [left, right], state: {} })}>
            Compare {left} and {right}
          </a>
        ) : (
          <span class="muted">Tick two runs to compare them.</span>
        )}
      </div>
      <Shown of={runs} what="the runs">
        {({ runs: rows }) =>
          rows.length === 0 ? (
            <p class="notice">No runs yet. `cooperbench demo` makes one.</p>
          ) : (
            <Scroll label="Runs">
              <table class="plain">
                <thead>
                  <tr>
                    <th scope="col">
                      <span class="hidden">Compare</span>
                    </th>
                    {['Run', 'Setting', 'Agent', 'Model'].map((head) => (
                      <th scope="col" key={head}>
                        {head}
                      </th>
                    ))}
                    {['Trials', 'Passed', 'Failed', 'Lost', 'Rate', 'Cost'].map((head) => (
                      <th scope="col" class="number" key={head}>
                        {head}
                      </th>
                    ))}
                    <th scope="col">Created</th>
                  </tr>
                </thead>
                {rows.map((row) => (
                  <RunRows key={row.name} row={row} chosen={chosenNames.includes(row.name)} toggle={toggle} />
                ))}
              </table>
            </Scroll>
          )
        }
      </Shown>
    </div>
  );
}

interface RunRowsProps {
  readonly row: RunRow;
  readonly chosen: boolean;
  readonly toggle: (name: string) => void;
}

function RunRows({ row, chosen, toggle }: RunRowsProps) {
  const lines = row.settings.length === 0 ? [undefined] : row.settings;
  return (
    <tbody>
      {lines.map((line, index) => (
        <tr key={line?.setting ?? ''}>
          {index === 0 && (
            <>
              <td rowSpan={lines.length}>
                <input
                  type="checkbox"
                  checked={chosen}
                  onChange={() => toggle(row.name)}
                  aria-label={`Compare ${row.name}`}
                />
              </td>
              <th scope="row" rowSpan={lines.length}>
                <a href={hashOf({ page: 'run', run: row.name, state: {} })}>{row.name}</a>
                {row.running && <span class="badge is-running">… running</span>}
                {row.problem && <div class="problem">{row.problem}</div>}
                <Problems problems={row.problems} />
              </th>
            </>
          )}
          <td>{line?.setting}</td>
          <td>{line?.agent}</td>
          <td class="model">{line?.model}</td>
          <td class="number">{line && formatWhole(line.trials)}</td>
          <td class="number">{line && formatWhole(line.passed)}</td>
          <td class="number">{line && formatWhole(line.failed)}</td>
          <td class="number">{line && formatWhole(line.errors)}</td>
          <td class="number">{line && formatPercent(line.pass_rate)}</td>
          <td class="number">{line && cost(line.cost)}</td>
          {index === 0 && (
            <td rowSpan={lines.length} class="date">
              {row.created_at && <Time iso={row.created_at} />}
            </td>
          )}
        </tr>
      ))}
    </tbody>
  );
}

function Time({ iso }: { readonly iso: string }) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return <>{iso}</>;
  return (
    <time dateTime={iso}>{date.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })}</time>
  );
}
