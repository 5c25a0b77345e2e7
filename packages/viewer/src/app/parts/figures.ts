import { formatDuration, formatMoney, formatPercent } from '@cooperbench/command/figures';

const notAvailable = 'n/a';

/** Figures of documents: null is what the files do not say. A cost without a value is an unknown price. */
export const cost: (usd: number | null) => string = formatMoney;

export function time(seconds: number | null): string {
  return seconds === null ? notAvailable : formatDuration(seconds);
}

export function formatWhole(number: number | null | undefined): string {
  return number === null || number === undefined ? notAvailable : grouped.format(number);
}

const grouped = new Intl.NumberFormat('en-US');

export function share(part: number, total: number): string {
  return formatPercent(total === 0 ? null : part / total);
}
