/** A picture of shapes, which SVG and PDF can both have. Lengths are pixels of CSS, from the left and the top. */
export interface Drawing {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

export type Point = readonly [x: number, y: number];

export type Shape = Lines | Circle | Polygon | TextShape;

interface Lines {
  readonly kind: 'lines';
  readonly ends: readonly (readonly [from: Point, to: Point])[];
  readonly colour: string;
  readonly thickness: number;
}

interface Circle {
  readonly kind: 'circle';
  readonly centre: Point;
  readonly radius: number;
  readonly colour: string;
}

interface Polygon {
  readonly kind: 'polygon';
  readonly corners: readonly Point[];
  readonly colour: string;
}

/** One line of text. `at`: on its baseline, where `anchor` says. */
export interface TextShape {
  readonly kind: 'words';
  readonly at: Point;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly size: number;
  readonly text: string;
}
