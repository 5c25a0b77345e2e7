import { count } from '@cooperbench/command/figures';
import { useRef } from 'preact/hooks';
import { type FoundText, type FoundTrialTexts, type SearchDocument, urls } from '../../data/model.ts';
import { isExport, useDocument } from '../documents.ts';
import { hashOf, type State } from '../route.ts';
import { useKeys } from './keys.ts';
import { printable } from './plain-text.ts';
import { Problems } from './problems.tsx';
import { Shown } from './state.tsx';

interface Props {
  readonly run: string;
  /** If it is absent, all trials of the run. */
  readonly trial?: string;
  /** What is searched for. */
  readonly text: string;
  readonly search: (text: string) => void;
}

/** Searches what agents thought, said, ran and saw, their messages, patches, and the output of tests. */
export function TextSearch({ run, trial, text, search }: Props) {
  const input = useRef<HTMLInputElement>(null);
  useKeys({ '/': () => input.current?.focus() });
  if (isExport())
    return <p class="notice">An export has no search in texts. `cooperbench view {run}` has one.</p>;
  return (
    <>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          search(input.current?.value ?? '');
        }}
      >
        <label>
          <span>Search in trajectories, conversations, patches and test output</span>
          <input ref={input} type="search" key={text} defaultValue={text} dir="auto" />
        </label>
        <button type="submit">Search</button>
      </form>
      {text.trim() !== '' && <Results run={run} text={text} {...(trial !== undefined && { trial })} />}
    </>
  );
}

function Results({ run, trial, text }: Omit<Props, 'search'>) {
  const loaded = useDocument<SearchDocument>(urls.search(run, text, trial), text);
  return (
    <Shown of={loaded} what="what was found; the first search of a run makes an index">
      {({ trials, searched, unsearched_trials: noTrials, unsearched_texts: noTexts, problems }) => (
        <>
          <Problems problems={problems} />
          <p role="status">
            {trials.length === 0 ? 'Not found' : `Found in ${count(sum(trials), 'text')}`}
            {trial === undefined && ` of ${trials.length} of ${count(searched, 'trial')}`}.
          </p>
          {noTrials + noTexts > 0 && (
            <p class="notice">
              The index has no room for{' '}
              {[noTrials && count(noTrials, 'trial'), noTexts && `all of ${count(noTexts, 'long text')}`]
                .filter(Boolean)
                .join(' and for ')}
              : search the files of the run.
            </p>
          )}
          {trials
            .filter(({ found }) => found.length > 0)
            .map((foundTrial) => (
              <FoundTrial key={foundTrial.trial} run={run} of={foundTrial} isAlone={trial !== undefined} />
            ))}
          {trials.some(({ found }) => found.length === 0) && (
            <p class="muted">
              The first {trials.filter(({ found }) => found.length > 0).length} trials are shown.
            </p>
          )}
        </>
      )}
    </Shown>
  );
}

function sum(trials: readonly FoundTrialTexts[]): number {
  return trials.reduce((total, foundTrialTexts) => total + foundTrialTexts.count, 0);
}

interface FoundTrialProps {
  readonly run: string;
  readonly of: FoundTrialTexts;
  readonly isAlone: boolean;
}

function FoundTrial({ run, of: { trial, count: total, found }, isAlone }: FoundTrialProps) {
  const formatHref = (state: State): string => hashOf({ page: 'trial', run, trial, state });
  return (
    <section class="found">
      {!isAlone && (
        <h2>
          <a href={formatHref({})}>{trial}</a>
        </h2>
      )}
      <ul>
        {found.map(({ place, excerpt: [before, text, after] }, index) => (
          <li key={index}>
            <a href={formatHref(stateOf(place))}>{placeWords(place)}</a>{' '}
            <bdi class="excerpt">
              {printable(before)}
              <mark>{printable(text)}</mark>
              {printable(after)}
            </bdi>
          </li>
        ))}
      </ul>
      {total > found.length && <p class="muted">{count(total - found.length, 'more text')} of this trial.</p>}
    </section>
  );
}

function placeWords(place: FoundText['place']): string {
  switch (place.in) {
    case 'trajectory':
      return `${place.seat}, trajectory #${place.index}`;
    case 'conversation':
      return `message ${place.index + 1}`;
    case 'diffs':
      return `${place.side === 'merged' ? 'merged diff' : `patch of ${place.side}`}`;
    case 'tests':
      return `tests ${place.id.replace('-', ' ')}`;
  }
}

function stateOf(place: FoundText['place']): State {
  switch (place.in) {
    case 'trajectory':
      return { tab: 'trajectory', seat: place.seat, entry: String(place.index) };
    case 'conversation':
      return { tab: 'conversation', message: String(place.index) };
    case 'diffs':
      return { tab: 'diffs', side: place.side, ...(place.path !== null && { path: place.path }) };
    case 'tests':
      return { tab: 'tests', test: place.id };
  }
}
