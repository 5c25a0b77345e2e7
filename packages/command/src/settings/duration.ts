import { ConfigError } from '@cooperbench/core/errors';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Converts `1h`, `30m`, `1h30m` or `90s` to milliseconds. @throws ConfigError `DURATION`. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)];
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0);
  if (parts.map((part) => part[0]).join('') === text && total > 0 && total < 2 ** 31) return total;
  throw new ConfigError('DURATION', `"${text}" is not a duration.`, {
    hint: 'Write a number with its unit, for example 45s, 30m, 1h or 1h30m; at most 24 days.',
  });
}

/** Formats a duration in the largest unit that fits, such as `1h` or `90s`. */
export function formatDurationText(ms: number): string {
  const units = Object.entries(unitMs).reverse();
  const [unit, size] = units.find(([, size]) => ms % size === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
