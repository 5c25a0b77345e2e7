import type { PhaseOutcome, PhaseWork } from '@cooperbench/core';
import type { HandedOver } from '@cooperbench/records';
import type { RunningSeat } from './trial.ts';

/** By seat, the bytes of the files that it handed over in a phase. Leaves out seats that hand over nothing. */
export function findHandedOverIn(
  work: readonly PhaseWork[],
  seats: ReadonlyMap<string, RunningSeat>,
): Readonly<Record<string, HandedOver>> {
  const findSize = (text: string | undefined): number | null =>
    text === undefined ? null : Buffer.byteLength(text);
  return Object.fromEntries(
    work.flatMap(({ seat, handsOver = [] }) => {
      const files = seats.get(seat)?.record.files;
      const sizes = handsOver.map((path) => [path, findSize(files?.get(path))] as const);
      return sizes.length > 0 ? [[seat, Object.fromEntries(sizes)]] : [];
    }),
  );
}

/** Returns whether infrastructure lost the seat, or it was cancelled. */
export function isLost({ record }: RunningSeat): boolean {
  return record.status === 'Error' || record.status === 'Cancelled';
}

/** Returns the outcome of a phase for its setting. */
export function buildOutcome(seats: readonly RunningSeat[]): PhaseOutcome {
  return {
    seats: new Map(
      seats.map(({ plan, record }) => {
        const { status, files, patch } = record;
        const outcome = {
          status,
          files,
          /** Read only when a setting asks for it, because patches may be large. */
          get patch(): Uint8Array {
            return patch?.read() ?? new Uint8Array();
          },
        };
        return [plan.id, outcome];
      }),
    ),
  };
}
