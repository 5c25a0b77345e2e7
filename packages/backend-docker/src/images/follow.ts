import { type ImageStep, LastLines } from '@cooperbench/backend-kit';
import { lines } from '@cooperbench/core';

/** A line of Docker's output about a pull or a build. */
interface Line {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
}

const maxLineChars = 1024 ** 2;

/** The error of a pull or a build that failed after its start, with Docker's message. */
export class WorkFailed extends Error {
  /** The daemon has answered, with 200 before it failed. */
  readonly statusCode = 500;
}

/** Matches lines about layers and containers, which are neither steps nor their output. */
const bookkeeping = /^ ---> |^Removing intermediate container /;

/** Follows the progress of a pull or a build until it ends. @throws WorkFailed with the last lines. */
export async function follow(
  work: NodeJS.ReadableStream,
  onStep: (step: ImageStep) => void = () => {},
): Promise<void> {
  const last = new LastLines(bookkeeping);
  const layers = new Map<string, { readonly done: number; readonly total: number }>();
  for await (const text of lines(work as AsyncIterable<Buffer>, maxLineChars)) {
    if (text.trim() === '') continue;
    const line = JSON.parse(text) as Line;
    if (line.error !== undefined) throw new WorkFailed(`${last}\n${line.error}`.trim());
    const latest = line.stream === undefined ? findStatusLine(line) : last.add(line.stream);
    if (latest === undefined) continue;
    countLayer(layers, line);
    onStep({ text: latest, ...buildBytes(layers) });
  }
}

function findStatusLine({ status, id }: Line): string | undefined {
  return id === undefined ? status || undefined : `${id}: ${status ?? ''}`;
}

/** Counts downloaded bytes. Docker reports unpacking in the same way, and it must not count. */
function countLayer(
  layers: Map<string, { readonly done: number; readonly total: number }>,
  { id = '', status, progressDetail: { current = 0, total = 0 } = {} }: Line,
): void {
  const layer = layers.get(id);
  if (status === 'Downloading' && total > 0) layers.set(id, { done: current, total });
  else if (status === 'Download complete' && layer) layers.set(id, { done: layer.total, total: layer.total });
}

function buildBytes(
  layers: ReadonlyMap<string, { readonly done: number; readonly total: number }>,
): Pick<ImageStep, 'doneBytes' | 'totalBytes'> {
  if (layers.size === 0) return {};
  const sum = (field: 'done' | 'total'): number =>
    [...layers.values()].reduce((bytes, layer) => bytes + layer[field], 0);
  return { doneBytes: sum('done'), totalBytes: sum('total') };
}
