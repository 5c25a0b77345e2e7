import { TextSearch } from '../parts/text-search.tsx';
import type { View } from './view.ts';

/** The texts of the trial, those too that the page has not drawn. */
export function Search({ view: { pair, state, adjust } }: { readonly view: View }) {
  return (
    <TextSearch
      run={pair.run}
      trial={pair.row.id}
      text={state.text ?? ''}
      search={(text) => adjust({ text })}
    />
  );
}
