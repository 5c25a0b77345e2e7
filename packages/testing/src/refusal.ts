import { CooperBenchError } from '@cooperbench/core/errors';

/** Resolves with what a person would read of the `CooperBenchError` that `work` throws. Rejects with anything else. */
export async function findRefusal(
  work: () => unknown,
): Promise<{ code: string; message: string; hint?: string }> {
  try {
    await work();
  } catch (error) {
    if (!CooperBenchError.is(error)) throw error;
    const { code, message, hint } = error;
    return { code, message, ...(hint !== undefined && { hint }) };
  }
  throw new Error('nothing was thrown');
}
