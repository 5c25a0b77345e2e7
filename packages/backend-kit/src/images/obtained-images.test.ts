import { expect, test } from 'vitest';
import { ObtainedImages } from './obtained-images.ts';

test('one call of those that wait for an image has made it, and force makes it again', async () => {
  const images = new ObtainedImages<{ readonly made: boolean; readonly count: number }>();
  let count = 0;
  const work = async () => ({ made: true, count: ++count });
  expect(await Promise.all([images.obtain('a', {}, work), images.obtain('a', {}, work)])).toEqual([
    { made: true, count: 1 },
    { made: false, count: 1 },
  ]);
  expect(await images.obtain('a', { force: true }, work)).toEqual({ made: true, count: 2 });
});
