import { go } from '../navigation.ts';
import { TextSearch } from '../parts/text-search.tsx';
import { type State, withState } from '../route.ts';

/** The texts of all trials of a run. */
export function SearchPage({ run, state }: { readonly run: string; readonly state: State }) {
  return (
    <div class="page">
      <div class="title">
        <h1>Search in {run}</h1>
      </div>
      <TextSearch
        run={run}
        text={state.text ?? ''}
        search={(text) => go({ page: 'search', run, state: withState(state, { text }) })}
      />
    </div>
  );
}
