import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import { options } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { keepScroll } from './kept-scroll.ts';

export interface VirtualRows {
  /** The element that scrolls. */
  readonly box: { current: HTMLElement | null };
  readonly items: readonly Pick<VirtualItem, 'index' | 'key'>[];
  /** Pixels above the first and below the last of `items`. */
  readonly before: number;
  readonly after: number;
  /** For rows of different heights: the `ref` of each, which has its number as `data-index`. */
  readonly measure: (row: Element | null) => void;
  readonly scrollTo: (index: number) => void;
}

/** Rows that are printed. A browser takes seconds for more. */
const maxPrinted = 5000;

/**
 * Renders only the rows that are in sight or, on paper, all. `height`: pixels of a row, or a guess when rows are measured.
 * `keptAs`: the way back to this address leads to where the rows were scrolled.
 */
export function useVirtualRows(count: number, height: number, keptAs?: string): VirtualRows {
  const box = useRef<HTMLElement>(null);
  const [, render] = useReducer((renders: number, _: undefined) => renders + 1, 0);
  const settings: VirtualizerOptions<HTMLElement, Element> = {
    count,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 12,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => render(undefined),
  };
  const [rows] = useState(() => new Virtualizer(settings));
  rows.setOptions(settings);
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  useLayoutEffect(
    () => (keptAs !== undefined && box.current ? keepScroll(box.current, keptAs) : undefined),
    [keptAs],
  );
  const printed = useIsPrinted();
  if (printed) {
    const allItems = Array.from({ length: Math.min(count, maxPrinted) }, (_, index) => ({
      index,
      key: index,
    }));
    return { box, items: allItems, before: 0, after: 0, measure: () => {}, scrollTo: () => {} };
  }
  const items = rows.getVirtualItems();
  return {
    box,
    items,
    before: items[0]?.start ?? 0,
    after: rows.getTotalSize() - (items.at(-1)?.end ?? 0),
    measure: rows.measureElement,
    scrollTo: (index) => rows.scrollToIndex(index, { align: 'start' }),
  };
}

/** Returns whether the page is on its way to a printer. */
function useIsPrinted(): boolean {
  const [printed, setPrinted] = useState(false);
  useEffect(() => {
    // Rendered before the event ends, because the browser takes its picture then.
    const set = (value: boolean) => (): void => {
      const { debounceRendering: usual } = options;
      options.debounceRendering = (render) => render();
      setPrinted(value);
      if (usual) options.debounceRendering = usual;
      else delete options.debounceRendering;
    };
    const [before, after] = [set(true), set(false)];
    addEventListener('beforeprint', before);
    addEventListener('afterprint', after);
    return () => {
      removeEventListener('beforeprint', before);
      removeEventListener('afterprint', after);
    };
  }, []);
  return printed;
}
