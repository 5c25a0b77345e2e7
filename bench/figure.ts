/** A figure and its bound. */
export interface Bound {
  readonly name: string;
  /** The unit of the figure and its floor. `×`: a plain number. */
  readonly unit: 'ms' | 'MiB' | '×';
  readonly bound: number;
  /** What the bound limits: the value, or the value divided by the floor. */
  readonly of: 'value' | 'ratio';
}

/** A value and its floor (the least the same work can cost here and now), measured in the same run. */
export interface Measurement {
  readonly value: number;
  readonly floor: number;
}

/** Some figures that are measured together. */
export interface Benchmark {
  readonly name: string;
  readonly figures: readonly Bound[];
  /** Why it cannot be measured here; undefined when it can. If it is absent, it always can. */
  missing?(): Promise<string | undefined>;
  /**
   * Returns a measurement for each figure, in their order. What only serves figures outside of `asked` (names) may be left
   * out.
   */
  measure(figureNames: readonly string[]): Promise<readonly (Measurement | undefined)[]>;
}

/** A figure as it is reported: exactly these keys. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly floor: number;
  readonly ratio: number;
  readonly bound: number;
  readonly holds: boolean;
}

export function buildFigure({ name, bound, of }: Bound, { value, floor }: Measurement): Figure {
  const ratio = value / floor;
  // NaN, for a figure that could not be measured, does not hold.
  const holds = (of === 'value' ? value : ratio) <= bound;
  return {
    name,
    value: roundFigure(value),
    floor: roundFigure(floor),
    ratio: roundFigure(ratio),
    bound,
    holds,
  };
}

function roundFigure(number: number): number {
  return Number(number.toPrecision(4));
}
