import type { PairRow } from '../../data/model.ts';
import { getSeatClass } from './seat-class.ts';
import { formatVerdictSign, formatVerdictWord } from './verdict-words.ts';

/** How many of several verdicts passed: green for all of them, red for none. */
export function Rate({ passed, of }: { readonly passed: number; readonly of: number }) {
  const kind = passed === of ? 'passed' : passed === 0 ? 'failed' : 'warning';
  return (
    <span class={`badge is-${kind}`}>
      {passed} of {of} passed
    </span>
  );
}

/** A verdict, by sign, word and colour. */
export function Verdict({ of }: { readonly of: PairRow['verdict'] }) {
  return (
    <span class={`badge is-${of}`}>
      <span aria-hidden="true">{formatVerdictSign(of)}</span> {formatVerdictWord(of)}
    </span>
  );
}

/** Whether tests passed. */
export function Passed({ passed, children }: { readonly passed: boolean; readonly children?: string }) {
  return (
    <span class={`badge is-${passed ? 'passed' : 'failed'}`}>
      <span aria-hidden="true">{passed ? '✓' : '✗'}</span> {children ?? (passed ? 'passed' : 'failed')}
    </span>
  );
}

/** Whether a patch keeps a promise. Returns null if there is no patch. */
export function Kept({ kept }: { readonly kept: boolean | null }) {
  if (kept === null) return <Flag>promise</Flag>;
  return <Passed passed={kept}>{kept ? 'kept' : 'broken'}</Passed>;
}

export function Flag({ children, bad = false }: { readonly children: string; readonly bad?: boolean }) {
  return <span class={`badge ${bad ? 'is-failed' : 'is-warning'}`}>{children}</span>;
}

/** A seat's name in the colour of its lane. */
export function Seat({ name, seats }: { readonly name: string; readonly seats: readonly string[] }) {
  return <span class={`seat ${getSeatClass(name, seats)}`}>{name}</span>;
}
