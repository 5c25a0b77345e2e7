/** A machine that lacks something, on which commands run. */
export interface Limit {
  readonly kind: 'disk' | 'filled disk' | 'processes' | 'memory';
  readonly amount: number;
  readonly unit: 'KiB' | 'ms' | 'MiB' | '';
}

const createLimits = (kind: Limit['kind'], unit: Limit['unit'], amounts: readonly number[]): Limit[] =>
  amounts.map((amount) => ({ kind, amount, unit }));

/** `count` numbers from `first` to `last`, each larger than the one before by the same factor. */
function listGeometric(first: number, last: number, count: number): number[] {
  const factor = (last / first) ** (1 / (count - 1));
  return Array.from({ length: count }, (_, index) => Math.round(first * factor ** index));
}

/**
 * The machines of the sweep: 40 disks (28 of these sizes; 12 of 48 MiB that somebody else fills after so many milliseconds), 12
 * limits of processes, and 8 of memory.
 */
export const limits: Record<'local' | 'docker', readonly Limit[]> = {
  local: [
    ...createLimits('disk', 'KiB', [...listGeometric(500, 3000, 20), ...listGeometric(4000, 40_000, 8)]),
    ...createLimits('filled disk', 'ms', listGeometric(50, 6000, 12)),
    ...createLimits('processes', '', [25, 30, 35, 40, 45, 50, 60, 70, 85, 100, 150, 250]),
    ...createLimits('memory', 'MiB', [24, 48, 96, 192, 384, 768, 1536, 3072]),
  ],
  docker: [
    ...createLimits('disk', 'KiB', [...listGeometric(100, 3000, 20), ...listGeometric(4000, 40_000, 8)]),
    ...createLimits('filled disk', 'ms', listGeometric(50, 6000, 12)),
    ...createLimits('processes', '', [32, 34, 36, 38, 40, 44, 48, 56, 64, 80, 120, 160]),
    ...createLimits('memory', 'MiB', [64, 80, 96, 128, 160, 192, 256, 512]),
  ],
};
