import { useEffect, useReducer } from 'preact/hooks';
import {
  type Lane,
  type PairDocument,
  type SliceDocument,
  type TrajectoryMessage,
  urls,
} from '../../data/model.ts';
import { load } from '../documents.ts';

/** Returns the slice that contains a message. */
export function sliceOf(slices: readonly number[], message: number): number {
  return Math.max(
    0,
    slices.findLastIndex((first) => first <= message),
  );
}

/** Slices that stay in memory. Each is some hundred kilobytes. */
const maxKept = 40;

type Slice = readonly TrajectoryMessage[] | Promise<void> | { readonly problem: string };

/** Messages of a seat's trajectory by index, fetched in slices. A message that is still on its way is undefined. */
export function useMessages(
  { run, row }: PairDocument,
  { seat, trajectory }: Lane,
  indexes: readonly number[],
): { readonly message: (index: number) => TrajectoryMessage | undefined; readonly problem: string | null } {
  const [, render] = useReducer((renders: number, _: undefined) => renders + 1, 0);
  const { slices, bytes } = trajectory;
  const name = (slice: number): string => `${bytes} ${urls.slice(run, row.id, seat, slice)}`;
  const wantedSlices = [...new Set(indexes.map((index) => sliceOf(slices, index)))];
  const isThere = (slice: number): boolean => {
    const cachedSlice = keptSlices.get(name(slice));
    return cachedSlice !== undefined && !(cachedSlice instanceof Promise);
  };
  const drawnIndexes = new Set(wantedSlices.filter(isThere));
  useEffect(() => {
    let current = true;
    for (const slice of wantedSlices) {
      const loading = fetchSlice(name(slice), urls.slice(run, row.id, seat, slice));
      void loading?.then(() => current && render(undefined));
      // It came after this was drawn, on behalf of another part of the page.
      if (loading === undefined && !drawnIndexes.has(slice)) render(undefined);
    }
    return () => {
      current = false;
    };
  });
  const problem = wantedSlices
    .map((slice) => keptSlices.get(name(slice)))
    .find((slice) => slice && 'problem' in slice);
  return {
    message: (index) => {
      const slice = sliceOf(slices, index);
      const cached = keptSlices.get(name(slice));
      return Array.isArray(cached) ? cached[index - (slices[slice] ?? 0)] : undefined;
    },
    problem: problem && 'problem' in problem ? problem.problem : null,
  };
}

const keptSlices = new Map<string, Slice>();

/** Fetches a slice unless it is there. The name contains the file's size, so a slice of a file that grew is another one. */
function fetchSlice(name: string, url: string): Promise<void> | undefined {
  const cached = keptSlices.get(name);
  if (cached) return cached instanceof Promise ? cached : undefined;
  const loading = load<SliceDocument>(url).then(
    ({ messages }) => keepSlice(name, messages),
    (error: Error) => keepSlice(name, { problem: error.message }),
  );
  keptSlices.set(name, loading);
  return loading;
}

function keepSlice(name: string, slice: Slice): void {
  keptSlices.delete(name);
  keptSlices.set(name, slice);
  for (const oldest of keptSlices.keys()) {
    if (keptSlices.size <= maxKept) break;
    keptSlices.delete(oldest);
  }
}
