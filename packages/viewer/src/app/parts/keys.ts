import { useEffect, useRef } from 'preact/hooks';
import { tinykeys } from 'tinykeys';

type Handlers = Readonly<Record<string, () => void>>;

/** Keys of the page, such as `g r`. Nothing happens while the user types into a field or a dialog is open. */
export function useKeys(handlers: Handlers): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  const names = Object.keys(handlers).join('\n');
  useEffect(() => {
    const bound = names.split('\n').map((name) => {
      const handle = (event: KeyboardEvent): void => {
        event.preventDefault();
        latest.current[name]?.();
      };
      // Signs need Shift on most keyboards and not on others.
      return { [/^[?+]$/.test(name) ? `[Shift]+${name}` : name]: handle };
    });
    return tinykeys(window, Object.assign({}, ...bound), { ignore: isBusy });
  }, [names]);
}

function isBusy({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]')) return true;
  return target instanceof HTMLElement && target.matches('input:not([type=range]), select, textarea');
}
