import { formatDuration, formatPercent } from '../figures/format.ts';
import type { Paint } from '../terminal/paint.ts';
import { safeText } from '../terminal/safe-text.ts';
import type { Segment } from '../terminal/segments.ts';
import type { ImageWork } from './image-tally.ts';

const words = { pull: ['Pulling', 'Pulled'], build: ['Building', 'Built'] } as const;

/** Formats the lines about the start or the end of a pull or a build. A failure has its whole text. */
export function formatImageLines(
  { event: { image, phase, state, text }, startedAt }: ImageWork,
  now: number,
  paint: Paint,
): string[] {
  const name = safeText(image);
  const [doing, doneWord] = words[phase];
  const time = formatDuration((now - startedAt) / 1000);
  if (state === 'running') return [`${doing} ${name}`];
  if (state === 'ready') return [`${doneWord} ${name} in ${time}`];
  if (state === 'present') return [`${name} is already present`];
  const [reason = '', ...otherLines] = text
    .trimEnd()
    .split('\n')
    .map((line) => safeText(line));
  return [
    `${doing} ${name} ${paint('red', `failed after ${time}`)}: ${reason}`,
    ...otherLines.map((line) => `  ${line}`),
  ];
}

/** Lists a line such as `Pulling x:1 12s 3.5 of 20.1 MB (17.4%)`. */
export function listImageSegments({ event, startedAt }: ImageWork, now: number): readonly Segment[] {
  const [doing] = words[event.phase];
  const elapsed = formatDuration(Math.floor((now - startedAt) / 1000));
  const { done_bytes: doneBytes, total_bytes: total } = event;
  const detail = doneBytes !== null && total ? formatBytes(doneBytes, total) : safeText(event.text, 80);
  return [['bold', `${doing} ${safeText(event.image)}`], `  ${elapsed}  `, ['dim', detail]];
}

function formatBytes(doneBytes: number, total: number): string {
  const formatMega = (count: number): string => (count / 1e6).toFixed(1);
  return `${formatMega(doneBytes)} of ${formatMega(total)} MB (${formatPercent(doneBytes / total)})`;
}
