/** Returns how long a list of durations takes when each starts on the machine that is free first, in their order. */
export function listSchedule(durations: readonly number[], machines: number): number {
  const free = Array.from({ length: machines }, () => 0);
  for (const duration of durations) {
    const first = free.indexOf(Math.min(...free));
    free[first] = (free[first] ?? 0) + duration;
  }
  return Math.max(...free);
}
