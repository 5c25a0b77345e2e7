import { count } from '@cooperbench/report/format';
import { useMemo } from 'preact/hooks';
import { type CompareDocument, type ComparedTrial, urls } from '../../data/model.ts';
import { useDocument } from '../documents.ts';
import { adjust } from '../navigation.ts';
import { ComparisonTable } from '../parts/comparison-table.tsx';
import { cost, whole } from '../parts/figures.ts';
import { PairName } from '../parts/pair-name.tsx';
import { RowTable } from '../parts/row-table.tsx';
import { Shown } from '../parts/state.tsx';
import { Flag, Verdict } from '../parts/verdict.tsx';
import { hashOf, type State, withState } from '../route.ts';
import { SideBySide } from './side-by-side.tsx';

interface Props {
  readonly runs: readonly [string, string];
  readonly state: State;
}

/** Two runs on the pairs that both have or, when the state names a trial of each, side by side on one pair. */
export function ComparePage({ runs, state }: Props) {
  const { one, other } = state;
  if (one !== undefined && other !== undefined) {
    return (
      <SideBySide
        sides={[
          { run: runs[0], trial: one },
          { run: runs[1], trial: other },
        ]}
      />
    );
  }
  return <TwoRuns runs={runs} state={state} />;
}

function TwoRuns({ runs, state }: Props) {
  const loaded = useDocument<CompareDocument>(urls.compare(...runs), 0);
  return (
    <Shown of={loaded} what="the comparison, which reads both runs">
      {(document) => (
        <div class="page fill">
          <div class="title">
            <h1>
              {runs[0]} and {runs[1]}
            </h1>
          </div>
          <ComparisonTable comparisons={document.report.comparisons} />
          <SharedPairs document={document} runs={runs} state={state} />
        </div>
      )}
    </Shown>
  );
}

function SharedPairs({ document: { pairs }, runs, state }: Props & { document: CompareDocument }) {
  const rows = useMemo(() => {
    const all = pairs.flatMap(({ pair, trials }) =>
      counterparts(...trials).map((sides) => ({ pair, sides })),
    );
    return state.flipped ? all.filter(({ sides }) => flipped(sides)) : all;
  }, [pairs, state.flipped]);
  const heads = ['Pair', ...runs, 'Cost', 'Steps'].map((head, index) => (
    <th scope="col" key={index} class={index === 0 ? 'both' : ''}>
      {head}
    </th>
  ));
  if (pairs.length === 0) return <p class="notice">The runs share no pair.</p>;
  return (
    <>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label class="tick">
          <input
            type="checkbox"
            checked={state.flipped !== undefined}
            onChange={(event) => {
              const only = event.currentTarget.checked ? 'yes' : undefined;
              adjust({ page: 'compare', runs, state: withState(state, { flipped: only }) });
            }}
          />
          <span>Only pairs that flipped</span>
        </label>
        <span class="muted">{count(rows.length, 'row')}</span>
      </form>
      <RowTable label="Pairs of both runs" kind="compared" heads={heads} rows={rows}>
        {({ pair, sides: [one, other] }) => (
          <>
            <th scope="row">
              <a href={hashOf({ page: 'compare', runs, state: { one: one.id, other: other.id } })}>
                <PairName pair={pair} repetition={one.repetition} />
              </a>
              {flipped([one, other]) && <Flag>flipped</Flag>}
            </th>
            {[one, other].map(({ verdict, setting }, side) => (
              <td key={side} class="side">
                <Verdict of={verdict} /> <span class="muted">{setting}</span>
              </td>
            ))}
            <td>
              {cost(one.cost)} · {cost(other.cost)}
            </td>
            <td>
              {whole(one.steps)} · {whole(other.steps)}
            </td>
          </>
        )}
      </RowTable>
    </>
  );
}

type Sides = readonly [ComparedTrial, ComparedTrial];

/** Of a pair's trials in two runs, those of one setting and repetition; if there are none, the first of each run. */
function counterparts(ones: readonly ComparedTrial[], others: readonly ComparedTrial[]): Sides[] {
  const found = ones.flatMap((one) =>
    others
      .filter(({ setting, repetition }) => setting === one.setting && repetition === one.repetition)
      .map((other): Sides => [one, other]),
  );
  return found.length > 0 ? found : [[ones[0] as ComparedTrial, others[0] as ComparedTrial]];
}

/** A trial that infrastructure lost, or nobody judged, says nothing of the other. */
function flipped([one, other]: Sides): boolean {
  const verdicts = [one.verdict, other.verdict];
  return verdicts.includes('passed') && verdicts.includes('failed');
}
