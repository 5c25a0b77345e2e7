import type { ComponentChildren } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import type { LoadState } from '../documents.ts';
import { keepScroll } from './kept-scroll.ts';

interface Props<T> {
  readonly of: LoadState<T>;
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}

/** Shows a document, or that it is still loading, or why it cannot be shown. */
export function Shown<T>({ of, what, children }: Props<T>) {
  const isRead = of.state === 'read';
  // A page that was scrolled before its content was there is too short until now.
  useLayoutEffect(() => {
    const main = document.getElementById('main');
    if (isRead && main) keepScroll(main, 'page')();
  }, [isRead]);
  if (of.state === 'read') return <>{children(of.value)}</>;
  if (of.state === 'loading') {
    return (
      <p class="notice loading" role="status">
        Loading {what} …
      </p>
    );
  }
  return (
    <div class="notice problem" role="alert">
      <p>{of.message}</p>
      {of.hint && <p>{of.hint}</p>}
    </div>
  );
}
