/** An import that never ends would end the command without a message. */
const patienceMs = 20_000;

/** Bounds work that imports something. @throws Error when it takes too long. */
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
