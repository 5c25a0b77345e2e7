import { count, formatCostText, formatDuration, formatMoney } from '../figures/format.ts';
import { safeText } from '../terminal/safe-text.ts';
import type { Segment } from '../terminal/segments.ts';
import { formatTableLines, type Row } from '../terminal/table.ts';
import { listImageSegments } from './image-lines.ts';
import type { Progress, TrialProgress } from './progress.ts';
import { formatTrialLabel } from './trial-lines.ts';

export interface LiveBlockOptions {
  readonly rows: number;
  readonly columns: number;
  /** Same as in `ReporterOptions`. */
  readonly part?: string | undefined;
}

/** Below this width, a row keeps its numbers and drops the words. */
const narrow = 80;

/** Formats the lines at the bottom of the terminal: running images and trials, then a total. There are fewer than `rows`. */
export function formatLiveBlock(
  progress: Progress,
  { rows, columns, part }: LiveBlockOptions,
  now: number,
): (readonly Segment[])[] {
  if (rows < 2 || progress.startedAt === undefined || progress.over) return [];
  const images = listRunningImages(progress, Math.ceil((rows - 2) / 2), now);
  const room = rows - 2 - images.length;
  return [
    ...images,
    ...formatRunningLines(progress, room, columns < narrow, now),
    [...(part ? [`${part} | `] : []), ...formatTotal(progress, now)],
  ];
}

function listRunningImages({ images }: Progress, room: number, now: number): (readonly Segment[])[] {
  const allImages = [...images.running.values()];
  if (allImages.length === 0 || room === 0) return [];
  const shownImages = allImages.slice(0, allImages.length > room ? room - 1 : room);
  const lines = shownImages.map((work) => listImageSegments(work, now));
  const hiddenCount = allImages.length - shownImages.length;
  return hiddenCount > 0 ? [...lines, [['dim', `+${count(hiddenCount, 'more image')}`]]] : lines;
}

function formatRunningLines(
  { running, run }: Progress,
  room: number,
  isShort: boolean,
  now: number,
): (readonly Segment[])[] {
  if (room <= 0) return [];
  const shownTrials = [...running.values()].slice(0, running.size > room ? room - 1 : room);
  const rows = shownTrials.map((trial): Row => {
    const number = `[${trial.number}/${run?.trials ?? '?'}]`;
    const label = formatTrialLabel(trial.id);
    const elapsed = formatDuration(Math.floor((now - trial.startedAt) / 1000));
    // A row that does not fit is cut at its end, where the least important part is.
    return isShort
      ? [['bold', number], elapsed, ...listShortSeats(trial), ['dim', label]]
      : [['bold', `${number} ${label}`], elapsed, formatSeats(trial), ['dim', formatLastMessage(trial)]];
  });
  const lines = formatTableLines(rows, { right: [1] });
  const hiddenCount = running.size - shownTrials.length;
  return hiddenCount > 0 ? [...lines, [['dim', `+${hiddenCount} more running`]]] : lines;
}

function formatSeats(trial: TrialProgress): string {
  return [...trial.seats]
    .map(
      ([seat, { steps, cost, cost_known }]) =>
        `${safeText(seat, 40)} ${count(steps, 'step')} ${formatCostText(cost, cost_known)}`,
    )
    .join(', ');
}

/** Lists the seats of a row on a narrow terminal, such as `agent1 12 $0.04`. */
function listShortSeats(trial: TrialProgress): string[] {
  return [...trial.seats].map(
    ([seat, { steps, cost, cost_known }]) =>
      `${safeText(seat, 12)} ${steps} ${cost_known ? formatMoney(cost) : '$?'}`,
  );
}

function formatLastMessage({ lastMessage: message }: TrialProgress): string {
  if (!message) return '';
  const { from, to, text } = message;
  return `${safeText(from, 40)} → ${safeText(to, 40)}: "${safeText(text, 60)}"`;
}

function formatTotal(progress: Progress, now: number): readonly Segment[] {
  const remaining = progress.remainingSeconds(now);
  const time = `${formatDuration(Math.floor(progress.elapsedSeconds(now)))} elapsed`;
  const left =
    remaining === undefined || remaining < 1 ? '' : `, about ${formatDuration(Math.ceil(remaining))} left`;
  const { total_cost, cost_known } = progress.cost;
  const spends = progress.images.total === undefined && !progress.validation;
  const cost = spends ? ` | ${formatCostText(total_cost, cost_known)}` : '';
  return [...stage(progress), ` | ${time}${left}${cost}`];
}

function stage({ run, evaluation, images, validation, done, errors }: Progress): readonly Segment[] {
  if (validation) {
    const tested: Segment = ['bold', `${validation.done}/${validation.total} features tested`];
    return validation.failed > 0 ? [tested, ', ', ['red', `${validation.failed} failed`]] : [tested];
  }
  if (images.total !== undefined) {
    const { built, present, failed } = images;
    const ready: Segment = ['bold', `${built + present}/${images.total} images ready`];
    return failed > 0 ? [ready, ', ', ['red', `${failed} failed`]] : [ready];
  }
  if (evaluation) {
    const { total, passed, failed, error } = evaluation;
    return [
      ['bold', `Evaluated ${evaluation.done}/${total}`],
      ': ',
      ['green', `${passed} passed`],
      ', ',
      ['yellow', `${failed} failed`],
      ', ',
      [error > 0 ? 'red' : 'dim', count(error, 'error')],
    ];
  }
  const trials: Segment = ['bold', `${done}/${run?.trials ?? 0} trials done`];
  return errors > 0 ? [trials, ', ', ['red', count(errors, 'error')]] : [trials];
}
