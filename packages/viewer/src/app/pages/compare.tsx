import { count, formatPercent } from '@cooperbench/command/figures';
import { Fragment } from 'preact';
import { useMemo } from 'preact/hooks';
import { type PairRow, type RunDocument, urls } from '../../data/model.ts';
import { useLiveDocument } from '../documents.ts';
import { adjust } from '../navigation.ts';
import { ComparisonTable } from '../parts/comparison-table.tsx';
import { cost, formatWhole } from '../parts/figures.ts';
import { PairName } from '../parts/pair-name.tsx';
import { Problems } from '../parts/problems.tsx';
import { RowTable } from '../parts/row-table.tsx';
import { Shown } from '../parts/state.tsx';
import { Flag, Rate, Verdict } from '../parts/verdict.tsx';
import { formatVerdictSign, formatVerdictWord } from '../parts/verdict-words.ts';
import { hashOf, type State, withState } from '../route.ts';
import {
  type ComparedPair,
  comparePairs,
  compareRuns,
  listSharedRates,
  type PairSide,
} from './compared-pairs.ts';
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
  const left = useLiveDocument<RunDocument>(urls.run(runs[0]));
  const right = useLiveDocument<RunDocument>(urls.run(runs[1]));
  return (
    <Shown of={left} what={runs[0]}>
      {(left) => (
        <Shown of={right} what={runs[1]}>
          {(right) => <Comparison left={left} right={right} runs={runs} state={state} />}
        </Shown>
      )}
    </Shown>
  );
}

interface ComparisonProps extends Props {
  readonly left: RunDocument;
  readonly right: RunDocument;
}

function Comparison({ left, right, runs, state }: ComparisonProps) {
  const comparisons = useMemo(() => compareRuns([left, right]), [left, right]);
  const pairs = useMemo(() => comparePairs([left, right]), [left, right]);
  return (
    <div class="page fill">
      <div class="title">
        <h1>
          {runs[0]} and {runs[1]}
        </h1>
      </div>
      <Problems problems={[...left.problems, ...right.problems]} />
      <ComparisonTable comparisons={comparisons} />
      <SharedPairs pairs={pairs} runs={runs} state={state} />
    </div>
  );
}

function SharedPairs({ pairs, runs, state }: Props & { readonly pairs: readonly ComparedPair[] }) {
  const rows = useMemo(
    () => (state.flipped ? pairs.filter(({ flipped }) => flipped) : pairs),
    [pairs, state.flipped],
  );
  if (pairs.length === 0) return <p class="notice">The runs share no pair.</p>;
  const isRepeated = pairs.some(({ sides }) => sides.some(({ trials }) => trials.length > 1));
  const figures = isRepeated ? ['Mean cost', 'Mean steps'] : ['Cost', 'Steps'];
  const heads = ['Pair', ...runs, ...figures].map((head, index) => (
    <th scope="col" key={index} class={index === 0 ? 'both' : ''}>
      {head}
    </th>
  ));
  return (
    <>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label class="tick">
          <input
            type="checkbox"
            checked={state.flipped !== undefined}
            onChange={(event) => {
              const onlyChanges = event.currentTarget.checked ? 'yes' : undefined;
              adjust({ page: 'compare', runs, state: withState(state, { flipped: onlyChanges }) });
            }}
          />
          <span>Only pairs that flipped</span>
        </label>
        <span class="muted">{count(rows.length, 'row')}</span>
        {listSharedRates(rows).map(({ settings, pairs: judged, rates }) => (
          <span class="muted" key={settings.join(' ')}>
            {settings[0] === settings[1] ? settings[0] : `${settings[0]} and ${settings[1]}`}:{' '}
            {formatPercent(rates[0])} and {formatPercent(rates[1])} of {count(judged, 'pair')} that both
            judged
          </span>
        ))}
      </form>
      <RowTable label="Pairs of both runs" kind="compared" heads={heads} rows={rows}>
        {(row) => <Cells row={row} runs={runs} />}
      </RowTable>
    </>
  );
}

function Cells({
  row: { pair, sides, flipped },
  runs,
}: Pick<Props, 'runs'> & { readonly row: ComparedPair }) {
  const [left, right] = sides;
  const [first, ...otherPairs] = buildTrialsSideBySide(left, right);
  return (
    <>
      <th scope="row">
        <a href={getHref(runs, first)}>
          <PairName pair={pair} repetition={first[0].repetition} />
        </a>
        {otherPairs.map((repetitionPair) => (
          <Fragment key={repetitionPair[0].repetition}>
            {' '}
            <a
              href={getHref(runs, repetitionPair)}
              title={`${pair}, repetition ${repetitionPair[0].repetition}`}
            >
              @{repetitionPair[0].repetition}
            </a>
          </Fragment>
        ))}
        {flipped && <Flag>flipped</Flag>}
      </th>
      {sides.map((side, index) => (
        <td key={index} class="side">
          <SideVerdicts side={side} run={runs[index] ?? ''} />
        </td>
      ))}
      <td>
        {cost(left.cost)} · {cost(right.cost)}
      </td>
      <td>
        {formatWhole(left.steps)} · {formatWhole(right.steps)}
      </td>
    </>
  );
}

/** The verdict of the only trial, or how many of the repetitions passed, with a link to each. */
function SideVerdicts({ side, run }: { readonly side: PairSide; readonly run: string }) {
  const { trials, passed, judged, setting } = side;
  const [first] = trials;
  if (first === undefined) return null;
  if (trials.length === 1)
    return (
      <>
        <Verdict of={first.verdict} /> <span class="muted">{setting}</span>
      </>
    );
  const pairsByVerdict = Map.groupBy(
    trials.filter(({ verdict }) => verdict !== 'passed' && verdict !== 'failed'),
    ({ verdict }) => verdict,
  );
  return (
    <>
      {judged > 0 && <Rate passed={passed} of={judged} />}
      {[...pairsByVerdict].map(([verdict, verdictRows]) => (
        <Fragment key={verdict}>
          {' '}
          <span class={`badge is-${verdict}`}>
            {verdictRows.length} {formatVerdictWord(verdict)}
          </span>
        </Fragment>
      ))}{' '}
      <span class="muted">{setting}</span>{' '}
      <span class="repetitions">
        {trials.map(({ id, repetition, verdict }) => (
          <a
            key={id}
            class={`badge is-${verdict}`}
            href={hashOf({ page: 'trial', run, trial: id, state: {} })}
            title={`Repetition ${repetition}: ${formatVerdictWord(verdict)}`}
          >
            @{repetition} {formatVerdictSign(verdict)}
          </a>
        ))}
      </span>
    </>
  );
}

type RowPair = readonly [PairRow, PairRow];

/** Builds the repetitions that both runs have, by their numbers; if there are none, the first of each run. */
function buildTrialsSideBySide(left: PairSide, right: PairSide): [RowPair, ...RowPair[]] {
  const trialPairs = left.trials.flatMap((trial): RowPair[] => {
    const otherTrial = right.trials.find(({ repetition }) => repetition === trial.repetition);
    return otherTrial ? [[trial, otherTrial]] : [];
  });
  const [first = [left.trials[0], right.trials[0]] as unknown as RowPair, ...otherPairs] = trialPairs;
  return [first, ...otherPairs];
}

function getHref(runs: Props['runs'], [left, right]: RowPair): string {
  return hashOf({ page: 'compare', runs, state: { one: left.id, other: right.id } });
}
