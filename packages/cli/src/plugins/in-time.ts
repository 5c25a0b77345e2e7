/** How long an import may take: one that waits for ever would end the command without a word. */
const patienceMs = 20_000;

/** What `work` gives, which imports something. @throws Error when that takes too long. */
export async function inTime<T>(work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const tooLong = new Error(`its import did not end within ${patienceMs / 1000} seconds.`);
    timer = setTimeout(() => reject(tooLong), patienceMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
