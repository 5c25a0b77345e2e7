import { expect, test } from 'vitest';
import { buildSpan, moveSpan, moveToContain, stateOfSpan, zoomSpan } from './span.ts';

test('the URL names a part of the clock, and all of it when it names none that makes sense', () => {
  expect(buildSpan({ from: '10', to: '20' }, 60)).toEqual({ from: 10, to: 20 });
  for (const state of [{}, { from: '10' }, { from: '20', to: '10' }, { from: 'x', to: '9' }])
    expect(buildSpan(state, 60)).toEqual({ from: 0, to: 60 });
  expect(buildSpan({ from: '-5', to: '10' }, 60)).toEqual({ from: 0, to: 15 });
  expect(buildSpan({ from: '50', to: '900' }, 60)).toEqual({ from: 0, to: 60 });
  expect(buildSpan({}, 0)).toEqual({ from: 0, to: 0.1 });
  expect(stateOfSpan({ from: 10, to: 20 }, 60)).toEqual({ from: '10.00', to: '20.00' });
  expect(stateOfSpan({ from: 0, to: 60 }, 60)).toEqual({ from: undefined, to: undefined });
});

test('zooming keeps the moment under the pointer in its place', () => {
  const span = zoomSpan({ from: 0, to: 60 }, 60, 0.5, 20);
  expect(span).toEqual({ from: 10, to: 40 });
  expect((20 - span.from) / (span.to - span.from)).toBeCloseTo(20 / 60);
  expect(zoomSpan(span, 60, 4, 20)).toEqual({ from: 0, to: 60 });
  expect(zoomSpan({ from: 10, to: 10.6 }, 60, 0.01, 10.3)).toEqual({ from: 10.05, to: 10.55 });
  // A cursor out of sight: the nearer end stays.
  expect(zoomSpan({ from: 20, to: 40 }, 60, 0.5, 55)).toEqual({ from: 30, to: 40 });
});

test('moving stops at the ends of the clock', () => {
  expect(moveSpan({ from: 10, to: 20 }, 60, 0.5)).toEqual({ from: 15, to: 25 });
  expect(moveSpan({ from: 10, to: 20 }, 60, -4)).toEqual({ from: 0, to: 10 });
  expect(moveSpan({ from: 10, to: 20 }, 60, 40)).toEqual({ from: 50, to: 60 });
});

test('a moment out of sight comes into it', () => {
  const span = { from: 10, to: 20 };
  expect(moveToContain(span, 60, 12)).toBe(span);
  expect(moveToContain(span, 60, 30)).toEqual({ from: 21, to: 31 });
  expect(moveToContain(span, 60, 5)).toEqual({ from: 4, to: 14 });
});
