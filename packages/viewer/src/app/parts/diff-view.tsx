import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type DiffFile, type DiffHunk, type DiffRow, splitRows } from './diff-rows.ts';
import { findLanguage, useHighlight } from './highlight.tsx';
import { formatPlainText } from './plain-text.ts';
import { Scroll } from './scroll.tsx';

interface Props {
  readonly file: DiffFile;
  /** The URL leads to this file. */
  readonly wanted: boolean;
  readonly isOpen: boolean;
  /** Old and new lines beside each other. */
  readonly isSplit: boolean;
  /** Shown next to the path. */
  readonly flags?: ComponentChildren;
  /** Stands between the head and the lines. */
  readonly children?: ComponentChildren;
  /** Marks an added line, by its text. If it is undefined, there is no column for marks. */
  readonly mark: ((text: string) => { readonly label: string; readonly kind: string } | null) | undefined;
}

/** One file of a diff. Every text is the agent's own and stays text. */
export function DiffFileView({ file, wanted, isOpen, isSplit, flags, children, mark }: Props) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (!wanted || !details.current) return;
    details.current.open = true;
    details.current.scrollIntoView({ block: 'start' });
  }, [wanted]);
  const { path, from, change, added, removed, hunks } = file;
  const highlight = useHighlight(isOpen ? findLanguage(path) : undefined);
  return (
    <details class="file" ref={details} open={wanted || isOpen}>
      <summary>
        <span class="path">
          {from !== undefined && `${formatPlainText(from)} → `}
          {formatPlainText(path)}
        </span>
        {change !== 'changed' && <span class="badge">{change}</span>}
        <span class="stat">
          <ins>+{added}</ins> <del>−{removed}</del>
        </span>
        {flags}
      </summary>
      {children}
      <Scroll label={`Lines of ${formatPlainText(path)}`}>
        <table class={`diff ${isSplit ? 'is-split' : ''}`}>
          {hunks.map((hunk) =>
            isSplit ? (
              <SplitHunk key={hunk.heading} hunk={hunk} highlight={highlight} mark={mark} />
            ) : (
              <Hunk key={hunk.heading} hunk={hunk} highlight={highlight} mark={mark} />
            ),
          )}
        </table>
      </Scroll>
    </details>
  );
}

const signs = { same: ' ', added: '+', removed: '−', note: '' } as const;

interface HunkProps {
  readonly hunk: DiffHunk;
  readonly highlight: (code: string) => ComponentChildren;
  readonly mark: Props['mark'];
}

function Hunk({ hunk, highlight, mark }: HunkProps) {
  return (
    <tbody>
      <tr class="hunk">
        <th scope="rowgroup" colSpan={mark ? 5 : 4}>
          {hunk.heading}
        </th>
      </tr>
      {hunk.rows.map((row, index) => {
        const marked = row.kind === 'added' ? mark?.(row.text) : null;
        return (
          <tr key={index} class={`is-${row.kind}`}>
            <td class="line old">{row.old}</td>
            <td class="line">{row.fresh}</td>
            {mark && <td class={`writer ${marked?.kind ?? ''}`}>{marked?.label}</td>}
            <td class="sign">{signs[row.kind]}</td>
            <td class="code" dir="auto">
              {row.kind === 'note' ? row.text : highlight(row.text)}
            </td>
          </tr>
        );
      })}
    </tbody>
  );
}

function SplitHunk({ hunk, highlight, mark }: HunkProps) {
  const renderSide = (row: DiffRow | undefined, line: number | undefined) => (
    <>
      <td class="line">{line}</td>
      <td class={`code is-${row?.kind ?? 'absent'}`} dir="auto">
        {row && (row.kind === 'note' ? row.text : highlight(row.text))}
      </td>
    </>
  );
  return (
    <tbody>
      <tr class="hunk">
        <th scope="rowgroup" colSpan={mark ? 5 : 4}>
          {hunk.heading}
        </th>
      </tr>
      {splitRows(hunk.rows).map(({ old, fresh }, index) => {
        const marked = fresh?.kind === 'added' ? mark?.(fresh.text) : null;
        return (
          <tr key={index}>
            {renderSide(old, old?.old)}
            {mark && <td class={`writer ${marked?.kind ?? ''}`}>{marked?.label}</td>}
            {renderSide(fresh, fresh?.fresh)}
          </tr>
        );
      })}
    </tbody>
  );
}
