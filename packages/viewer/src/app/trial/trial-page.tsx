import { useMemo } from 'preact/hooks';
import { type PairDocument, urls } from '../../data/model.ts';
import { useLiveDocument } from '../documents.ts';
import { adjust, go } from '../navigation.ts';
import { findNeighbour } from '../pages/table-order.ts';
import { useKeys } from '../parts/keys.ts';
import { Shown } from '../parts/state.tsx';
import { hashOf, type State, withState } from '../route.ts';
import { Conversation } from './conversation.tsx';
import { Diffs } from './diffs.tsx';
import { Files } from './files.tsx';
import { Search } from './search.tsx';
import { Summary } from './summary.tsx';
import { Tests } from './tests.tsx';
import { TimeLine } from './time-line.tsx';
import { TrajectoryTab } from './trajectory.tsx';
import type { View } from './view.ts';

interface Props {
  readonly run: string;
  readonly trial: string;
  readonly state: State;
}

const tabs = ['timeline', 'conversation', 'diffs', 'tests', 'files', 'trajectory', 'search'] as const;
type Tab = (typeof tabs)[number];

/** One trial: what happened, what came of it, and why. */
export function TrialPage({ run, trial, state }: Props) {
  const loaded = useLiveDocument<PairDocument>(urls.pair(run, trial));
  const open = (distance: number) => (): void => {
    const neighbourId = findNeighbour(run, trial, distance);
    if (neighbourId !== undefined)
      go({ page: 'trial', run, trial: neighbourId, state: state.tab ? { tab: state.tab } : {} });
  };
  const tab = tabs.find((tabName) => tabName === state.tab) ?? 'timeline';
  const keys = tabs.map((tabName, index) => [
    String(index + 1),
    () => go({ page: 'trial', run, trial, state: withState(state, { tab: tabName }) }),
  ]);
  useKeys({ j: open(1), k: open(-1), ...Object.fromEntries(keys) });
  return (
    <Shown of={loaded} what={trial}>
      {(pair) => <Trial pair={pair} tab={tab} state={state} />}
    </Shown>
  );
}

function Trial({ pair, tab, state }: { pair: PairDocument; tab: Tab; state: State }) {
  const { run, row } = pair;
  const view = useMemo((): View => {
    const route = (changes: Readonly<Record<string, string | undefined>>) =>
      ({ page: 'trial', run, trial: row.id, state: withState(state, changes) }) as const;
    return {
      pair,
      seats: pair.lanes.map(({ seat }) => seat),
      state,
      href: (changes) => hashOf(route(changes)),
      adjust: (changes) => adjust(route(changes)),
    };
  }, [pair, state, run, row.id]);
  const Content = contents[tab];
  const counts: Partial<Record<Tab, number>> = {
    conversation: pair.messages.length,
    tests: pair.tests.filter(({ passed }) => !passed).length,
    files: pair.files.length,
  };
  return (
    <div class={`page ${tab === 'trajectory' ? 'fill' : ''}`}>
      <Summary view={view} isFolded={tab !== 'timeline'} />
      <nav class="tabs" aria-label="Parts of the trial">
        {tabs.map((tabName) => (
          <a
            key={tabName}
            href={view.href({ tab: tabName })}
            aria-current={tabName === tab ? 'page' : undefined}
          >
            {tabWords[tabName]}
            {counts[tabName] ? (
              <span class="count">{tabName === 'tests' ? `${counts[tabName]} failed` : counts[tabName]}</span>
            ) : null}
          </a>
        ))}
      </nav>
      <Content view={view} />
    </div>
  );
}

const tabWords: Readonly<Record<Tab, string>> = {
  timeline: 'Time line',
  conversation: 'Conversation',
  diffs: 'Diffs',
  tests: 'Tests',
  files: 'Files',
  trajectory: 'Trajectory',
  search: 'Search',
};

const contents = {
  timeline: TimeLine,
  conversation: Conversation,
  diffs: Diffs,
  tests: Tests,
  files: Files,
  trajectory: TrajectoryTab,
  search: Search,
} as const;
