/**
 * Gives `work` a text of `bytes` and one eight times as long, both made of `part`. Returns the result for the longer.
 * Compares processor time, which other processes hardly change.
 * @throws when the longer takes more than 24 times as long: work that grows with the square takes 64 times as long.
 */
export function expectLinearTime<T>(work: (text: string) => T, part: string, bytes: number): T {
  const texts = [bytes, 8 * bytes].map((length) => part.repeat(Math.ceil(length / part.length)));
  const quickestMs = texts.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < 5; round += 1) {
    const results = texts.map((text, index) => {
      const { user } = process.cpuUsage();
      const result = work(text);
      quickestMs[index] = Math.min(quickestMs[index]!, process.cpuUsage().user - user);
      return result;
    });
    const [shortMs = 0, longMs = 0] = quickestMs;
    // Some kernels count processor time in ticks of 4 or 10 ms, so that a short time reads as none.
    if (longMs < 24 * Math.max(shortMs, 10_000)) return results[1]!;
  }
  throw new Error(`${bytes} bytes took ${quickestMs[0]} µs, eight times as many ${quickestMs[1]} µs`);
}
