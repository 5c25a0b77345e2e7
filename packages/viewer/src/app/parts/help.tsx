import { useRef } from 'preact/hooks';
import { hashOf } from '../route.ts';
import { useKeys } from './keys.ts';

const keys: readonly (readonly [key: string, does: string])[] = [
  ['?', 'This help'],
  ['g r', 'All runs'],
  ['/', 'Search in a table'],
  ['j, k', 'On a pair: the next and the previous of the table that you came from'],
  ['1 … 7', 'On a pair: time line, conversation, diffs, tests, files, trajectory, search'],
  ['n, p', 'On a time line: the next and the previous moment'],
  ['+, −, 0', 'On a time line: zoom in, zoom out, show all'],
  ['Shift ← →', 'On a time line: move what is in sight'],
  ['← →', 'On the clock: move the cursor'],
  ['Esc', 'Close what is open'],
];

/** A button, and the key `?`, for a list of all keys. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = (): void => {
    if (!dialog.current?.open) dialog.current?.showModal();
  };
  useKeys({
    '?': open,
    'g r': () => {
      location.hash = hashOf({ page: 'runs' });
    },
  });
  return (
    <>
      <button type="button" class="quiet" onClick={open} title="Keys">
        ? <span class="wide-only">keys</span>
        <span class="hidden">Keys</span>
      </button>
      <dialog ref={dialog} aria-label="Keys">
        <h2>Keys</h2>
        <dl class="keys">
          {keys.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
}
