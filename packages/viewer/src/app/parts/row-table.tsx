import type { ComponentChildren } from 'preact';
import { Scroll } from './scroll.tsx';
import { useVirtualRows } from './virtual.ts';

interface Props<T> {
  /** Its name for screen readers. */
  readonly label: string;
  readonly kind?: string;
  readonly heads: ComponentChildren;
  readonly rows: readonly T[];
  /** Returns the cells of a row. */
  readonly children: (row: T) => ComponentChildren;
}

/** A table that scrolls by itself. Only rows in sight exist, so that thousands stay smooth. */
export function RowTable<T>({ label, kind = '', heads, rows, children }: Props<T>) {
  const { box, items, before, after, measure } = useVirtualRows(rows.length, 37, label);
  return (
    <Scroll label={label} kind="rows" box={box}>
      <table class={`pairs ${kind}`} aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>{heads}</tr>
        </thead>
        <tbody>
          {before > 0 && <tr class="spacer" style={{ height: `${before}px` }} />}
          {items.map(({ index, key }) => {
            const row = rows[index];
            return (
              row !== undefined && (
                <tr key={key} ref={measure} data-index={index} aria-rowindex={index + 2}>
                  {children(row)}
                </tr>
              )
            );
          })}
          {after > 0 && <tr class="spacer" style={{ height: `${after}px` }} />}
        </tbody>
      </table>
      {rows.length === 0 && <p class="notice">Nothing matches.</p>}
    </Scroll>
  );
}
