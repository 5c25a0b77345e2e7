import { formatPercent } from '@cooperbench/command/figures';
import type { ComponentChildren } from 'preact';
import { Scroll } from './scroll.tsx';

interface Props {
  /** Its name for screen readers. */
  readonly label: string;
  readonly caption: string;
  /** Heads of columns with words, then of those with numbers. */
  readonly words: readonly string[];
  readonly numbers: readonly string[];
  readonly children: ComponentChildren;
}

/** A table of figures. Its children are rows. */
export function FigureTable({ label, caption, words, numbers, children }: Props) {
  return (
    <Scroll label={label}>
      <table class="plain">
        <caption>{caption}</caption>
        <thead>
          <tr>
            {words.map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
            {numbers.map((head) => (
              <th scope="col" class="number" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scroll>
  );
}

interface EstimateProps {
  /** A fraction of 1. It is null if it cannot be estimated. */
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
}

/** A cell with a percentage above its interval. */
export function EstimateCell({ value, interval }: EstimateProps) {
  return (
    <td class="number">
      {formatPercent(value)}
      <small>
        {interval
          ? `${formatPercent(interval[0])} to ${formatPercent(interval[1])}`
          : value !== null && 'not estimable'}
      </small>
    </td>
  );
}
