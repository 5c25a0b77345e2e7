import type { PairDocument } from '../../data/model.ts';
import type { State } from '../route.ts';

/** The trial, and how to link to its parts. Every part of the page gets this. */
export interface View {
  readonly pair: PairDocument;
  readonly seats: readonly string[];
  readonly state: State;
  /** Returns the address of this page with other state. */
  readonly href: (changes: Readonly<Record<string, string | undefined>>) => string;
  /** Changes the state in place. */
  readonly adjust: (changes: Readonly<Record<string, string | undefined>>) => void;
}
