import type { PhaseBand } from '../../data/model.ts';
import { formatClockText } from '../parts/clock.ts';
import { cost } from '../parts/figures.ts';
import { formatPlainText } from '../parts/plain-text.ts';

interface Props {
  readonly phases: readonly PhaseBand[];
  /** Of the trial, in seconds: where a phase that works ends. */
  readonly seconds: number;
  readonly x: (seconds: number) => number;
  readonly height: number;
}

/** Pixels of a character, and the least for a name. */
const characterWidth = 7;
const leastRoom = 30;

/** A band behind the lanes for each phase, with its name. */
export function PhaseBands({ phases, seconds, x, height }: Props) {
  return (
    <>
      {phases.map(({ name, number, seats, start, end, cost: phaseCost }) => {
        const [left, right] = [x(start), x(end ?? seconds)];
        const room = right - left;
        const title = `phase ${number}: ${formatPlainText(name, 60)}, ${formatClockText(start)} to ${formatClockText(end ?? seconds)}, ${seats.map((seat) => formatPlainText(seat, 40)).join(', ')}, ${cost(phaseCost)}`;
        return (
          <g key={number} class={`phase ${number % 2 === 0 ? 'is-even' : ''}`}>
            <title>{title}</title>
            <rect x={left} y={20} width={Math.max(1, room)} height={height - 20} />
            {room >= leastRoom && (
              <text x={left + 4} y={33}>
                {formatPlainText(`${number} ${name}`, Math.floor(room / characterWidth))}
              </text>
            )}
          </g>
        );
      })}
    </>
  );
}
