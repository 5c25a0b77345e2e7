/** How many times slower than when idle this machine is: limits within tests grow with it. COOPERBENCH_TEST_SLOWNESS states it. */
export const slowness: number = Number(process.env.COOPERBENCH_TEST_SLOWNESS ?? 1);
