import { duration } from './format.ts';
import type { ImageWork } from './image-tally.ts';
import type { Paint } from './paint.ts';
import { safeText } from './safe-text.ts';
import type { Segment } from './segments.ts';

const words = { pull: ['Pulling', 'Pulled'], build: ['Building', 'Built'] } as const;

/** That it begins, or how it ended; of a failure, all that was said. */
export function imageLines(
  { event: { image, phase, state, text }, startedAt }: ImageWork,
  now: number,
  paint: Paint,
): string[] {
  const name = safeText(image);
  const [doing, done] = words[phase];
  const time = duration((now - startedAt) / 1000);
  if (state === 'running') return [`${doing} ${name}`];
  if (state === 'ready') return [`${done} ${name} in ${time}`];
  if (state === 'present') return [`${name} is there already`];
  const [reason = '', ...more] = text
    .trimEnd()
    .split('\n')
    .map((line) => safeText(line));
  return [
    `${doing} ${name} ${paint('red', `failed after ${time}`)}: ${reason}`,
    ...more.map((line) => `  ${line}`),
  ];
}

/** `Pulling x:1  12s  3.5 of 20.1 MB (17%)` */
export function imageSegments({ event, startedAt }: ImageWork, now: number): readonly Segment[] {
  const [doing] = words[event.phase];
  const elapsed = duration(Math.floor((now - startedAt) / 1000));
  const { done_bytes: done, total_bytes: total } = event;
  const how = done !== null && total ? bytes(done, total) : safeText(event.text, 80);
  return [['bold', `${doing} ${safeText(event.image)}`], `  ${elapsed}  `, ['dim', how]];
}

function bytes(done: number, total: number): string {
  const mega = (count: number): string => (count / 1e6).toFixed(1);
  return `${mega(done)} of ${mega(total)} MB (${Math.floor((done / total) * 100)}%)`;
}
