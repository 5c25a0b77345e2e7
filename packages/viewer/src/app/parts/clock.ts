const tickSteps = [0.1, 0.2, 0.5, ...scaleUnit(1), ...scaleUnit(60), ...scaleUnit(3600)];

function scaleUnit(unit: number): number[] {
  return [1, 2, 5, 10, 15, 30].map((step) => step * unit);
}

/** Times at which a clock of `seconds` that begins at `from` has a mark: at most `most` and one, on round times. */
export function listClockTicks(seconds: number, maxTicks: number, from = 0): number[] {
  const step =
    tickSteps.find((size) => seconds / size <= maxTicks) ?? 86_400 * Math.ceil(seconds / 86_400 / maxTicks);
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor((from + seconds) / step + 1e-9) - first;
  return Array.from({ length: count + 1 }, (_, index) => Math.round((first + index) * step * 10) / 10);
}

/** Formats a time since the start of a trial: `0:07.3` below two minutes, then `12:05`, `1:02:05`. */
export function formatClockText(seconds: number): string {
  const tenths = Math.round(Math.max(0, seconds) * 10);
  if (tenths < 1200)
    return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`;
  const wholeSeconds = Math.round(tenths / 10);
  const hours = Math.floor(wholeSeconds / 3600);
  const minutes = Math.floor((wholeSeconds % 3600) / 60);
  const rest = String(wholeSeconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
