import type { MergePolicy } from '@cooperbench/core';
import type { StoredVerdict } from '../formats/evaluation-file.ts';
import { isClean } from './verdict-under.ts';

/**
 * Returns whether `both_passed` holds under a policy, when a verdict under another one decides that: a policy only acts where
 * patches conflict or do not apply, and one without means for that fails. Returns undefined if only a test run can tell.
 * `firstSeat` is the first in merge order.
 */
export function impliedVerdict(
  { merge, apply_status, both_passed, error }: Partial<StoredVerdict>,
  { onConflict, fallback }: MergePolicy,
  firstSeat: string | undefined,
): boolean | undefined {
  if (error || !merge) return undefined;
  if (isClean(merge)) return both_passed;
  const failedSeats = Object.entries(apply_status ?? {}).filter(([, status]) => status === 'failed');
  if (failedSeats.length > 0)
    return fallback === undefined || failedSeats.some(([seat]) => seat === firstSeat) ? false : undefined;
  const resolvesNone = onConflict === undefined && fallback === undefined;
  return merge.status === 'conflicts' && resolvesNone ? false : undefined;
}
