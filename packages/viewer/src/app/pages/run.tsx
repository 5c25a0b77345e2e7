import { count, formatMetricHead, formatMetricText, listDistinctMetrics } from '@cooperbench/command/figures';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type PairRow, type RunDocument, urls } from '../../data/model.ts';
import { useLiveDocument } from '../documents.ts';
import { adjust } from '../navigation.ts';
import { formatCauseWords } from '../parts/cause-words.ts';
import { cost, formatWhole, time } from '../parts/figures.ts';
import { useKeys } from '../parts/keys.ts';
import { PairName } from '../parts/pair-name.tsx';
import { formatPlainText } from '../parts/plain-text.ts';
import { Problems } from '../parts/problems.tsx';
import { RowTable } from '../parts/row-table.tsx';
import { Shown } from '../parts/state.tsx';
import { Flag, Verdict } from '../parts/verdict.tsx';
import { formatVerdictWord } from '../parts/verdict-words.ts';
import { hashOf, type State, withState } from '../route.ts';
import {
  buildSorting,
  type Filter,
  filters,
  findMetricValue,
  listChoices,
  listShownRows,
  type SortKey,
  toggleSorting,
} from './pair-rows.ts';
import { keepOrder } from './table-order.ts';

interface Props {
  readonly run: string;
  readonly state: State;
}

/** A run: a table of its trials, which stays smooth with thousands of rows. */
export function RunPage({ run, state }: Props) {
  const loaded = useLiveDocument<RunDocument>(urls.run(run));
  return (
    <Shown of={loaded} what={run}>
      {(document) => <Table document={document} run={run} state={state} />}
    </Shown>
  );
}

function Table({ document: { pairs, running, problems }, run, state }: Props & { document: RunDocument }) {
  const rows = useMemo(() => listShownRows(pairs, state), [pairs, state]);
  useEffect(() => keepOrder(run, rows, state), [run, rows, state]);
  const search = useRef<HTMLInputElement>(null);
  useKeys({ '/': () => search.current?.focus() });
  const change = (changes: Record<string, string>): void =>
    adjust({ page: 'run', run, state: withState(state, changes) });
  return (
    <div class="page fill">
      <div class="title">
        <h1>{run}</h1>
        {running && <span class="badge is-running">… running</span>}
        <a class="button" href={hashOf({ page: 'report', run, state: {} })}>
          Report
        </a>
        <a class="button" href={hashOf({ page: 'search', run, state: {} })}>
          Search in texts
        </a>
      </div>
      <Tally rows={rows} />
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          <span>Search in the table</span>
          <input
            ref={search}
            type="search"
            value={state.search ?? ''}
            placeholder="repository, feature, cause …"
            onInput={(event) => change({ search: event.currentTarget.value })}
          />
        </label>
        {filters.map((filter) => (
          <Choice key={filter} filter={filter} rows={pairs} state={state} change={change} />
        ))}
        {Object.keys(state).length > 0 && <a href={hashOf({ page: 'run', run, state: {} })}>Reset</a>}
      </form>
      <Problems problems={problems} />
      <PairTable rows={rows} run={run} state={state} change={change} />
    </div>
  );
}

function Tally({ rows }: { readonly rows: readonly PairRow[] }) {
  const groups = [...Map.groupBy(rows, ({ verdict }) => verdict)];
  return (
    <p class="tally" role="status">
      <strong>{count(rows.length, 'trial')}</strong>
      {groups.map(([verdict, verdictRows]) => (
        <span key={verdict} class={`badge is-${verdict}`}>
          {verdictRows.length} {formatVerdictWord(verdict)}
        </span>
      ))}
    </p>
  );
}

interface ChoiceProps {
  readonly filter: Filter;
  readonly rows: readonly PairRow[];
  readonly state: State;
  readonly change: (changes: Record<string, string>) => void;
}

const filterWords = {
  verdict: 'Verdict',
  setting: 'Setting',
  repo: 'Repository',
  cause: 'Cause',
  label: 'Label',
  same: 'The same pair',
} as const;

function Choice({ filter, rows, state, change }: ChoiceProps) {
  const options = useMemo(() => listChoices(rows, filter), [rows, filter]);
  const fewest = filter === 'label' || filter === 'same' ? 1 : 2;
  if (options.length < fewest && !state[filter]) return null;
  return (
    <label>
      <span>{filterWords[filter]}</span>
      <select
        value={state[filter] ?? ''}
        onChange={(event) => change({ [filter]: event.currentTarget.value })}
      >
        <option value="">all</option>
        {options.map(([value, count]) => (
          <option key={value} value={value}>
            {filter === 'cause'
              ? formatCauseWords(value)
              : filter === 'verdict'
                ? formatVerdictWord(value as PairRow['verdict'])
                : value}{' '}
            ({count})
          </option>
        ))}
      </select>
    </label>
  );
}

const columns: readonly { key: SortKey; head: string; kind: string }[] = [
  { key: 'verdict', head: 'Verdict', kind: 'verdict' },
  { key: 'pair', head: 'Pair', kind: 'pair' },
  { key: 'setting', head: 'Setting', kind: 'setting' },
  { key: 'merge', head: 'Merge', kind: 'merge' },
  { key: 'cause', head: 'Why it failed', kind: 'cause' },
  { key: 'messages', head: 'Messages', kind: 'number messages' },
  { key: 'steps', head: 'Steps', kind: 'number steps' },
  { key: 'seconds', head: 'Time', kind: 'number time' },
  { key: 'cost', head: 'Cost', kind: 'number cost' },
];

interface PairTableProps {
  readonly rows: readonly PairRow[];
  readonly run: string;
  readonly state: State;
  readonly change: (changes: Record<string, string>) => void;
}

function PairTable({ rows, run, state, change }: PairTableProps) {
  const sorting = buildSorting(state);
  const metrics = listDistinctMetrics(rows);
  const allColumns = [
    ...columns,
    ...metrics.map((metric) => ({
      key: `metric ${metric.name}` as const,
      head: formatPlainText(formatMetricHead(metric), 60),
      kind: 'number metric',
    })),
  ];
  const heads = allColumns.map(({ key, head, kind }) => (
    <th
      key={key}
      scope="col"
      class={kind}
      aria-sort={sorting.key !== key ? 'none' : sorting.descending ? 'descending' : 'ascending'}
    >
      <button type="button" onClick={() => change({ sort: toggleSorting(sorting, key) })}>
        {head}
        <span aria-hidden="true">{sorting.key === key && (sorting.descending ? ' ↓' : ' ↑')}</span>
      </button>
    </th>
  ));
  return (
    <RowTable label="Trials" heads={heads} rows={rows}>
      {(row) => (
        <>
          <Cells row={row} run={run} />
          {metrics.map(({ name }) => (
            <td key={name} class="number metric">
              {formatPlainText(formatMetricText(findMetricValue(row, name)), 60)}
            </td>
          ))}
        </>
      )}
    </RowTable>
  );
}

function Cells({ row, run }: { readonly row: PairRow; readonly run: string }) {
  const { id, pair, repetition, verdict, setting, merge, cause, labels, empty } = row;
  return (
    <>
      <td class="verdict">
        <Verdict of={verdict} />
      </td>
      <th scope="row" class="pair">
        <a href={hashOf({ page: 'trial', run, trial: id, state: {} })}>
          <PairName pair={pair} repetition={repetition} />
        </a>
        {row.overall === false && verdict === 'passed' && <Flag>fails alone</Flag>}
      </th>
      <td class="setting">{setting}</td>
      <td class="merge">
        {merge?.status}
        {merge?.strategy && merge.status !== 'clean' && ` (${merge.strategy})`}
      </td>
      <td class="cause" title={cause?.sentence.slice(0, 500)}>
        {cause && formatCauseWords(cause.name)}
        {empty.length > 0 && <Flag>{`empty: ${empty.join(', ')}`}</Flag>}
        {labels.map((label) => (
          <Flag key={label}>{label}</Flag>
        ))}
      </td>
      <td class="number messages">{formatWhole(row.messages)}</td>
      <td class="number steps">{formatWhole(row.steps)}</td>
      <td class="number time">{time(row.seconds)}</td>
      <td class="number cost">{cost(row.cost)}</td>
    </>
  );
}
