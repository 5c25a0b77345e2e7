import { mersenne } from 'pure-rand/generator/mersenne';

/** Numbers from 0 to 2³² - 1, the same as NumPy's `RandomState(seed)` draws. */
export function createRandomIntegers(seed: number): () => number {
  const generator = mersenne(seed);
  return () => generator.next() >>> 0;
}

/** Returns an index below `length` from a number of `randomIntegers`. */
export function indexOf(integer: number, length: number): number {
  return Math.floor((integer * length) / 2 ** 32);
}
