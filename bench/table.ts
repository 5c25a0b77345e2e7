import type { Bound, Figure } from './figure.ts';

export interface Row {
  readonly bound: Bound;
  readonly figure: Figure;
}

/** Returns the figures for people: columns as wide as what is in them, numbers to the right. */
export function table(rows: readonly Row[]): string {
  const head = ['figure', 'value', 'floor', 'ratio', 'bound', ''];
  const lines = [head, ...rows.map(buildCells)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return column === 0 || column === head.length - 1 ? cell.padEnd(width) : cell.padStart(width);
  };
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

function buildCells({ bound, figure }: Row): string[] {
  const formatAmount = (number: number): string =>
    bound.unit === '×' ? `${number}×` : `${number} ${bound.unit}`;
  const limit =
    bound.of === 'value' ? formatAmount(bound.bound) : `${Number(bound.bound.toPrecision(3))}× floor`;
  return [
    figure.name,
    formatAmount(figure.value),
    formatAmount(figure.floor),
    `${figure.ratio}×`,
    `≤ ${limit}`,
    figure.holds ? 'holds' : 'DOES NOT HOLD',
  ];
}
