import { expect, test } from 'vitest';
import { formatMetricText } from './metric.ts';

test.for([
  [0, '0'],
  [12, '12'],
  [20.41234, '20.412'],
  [123_456.7891, '123456.789'],
  [0.5, '0.5'],
  [0.123456, '0.123'],
  [0.000_123_456, '0.000123'],
  [-0.000_123_456, '-0.000123'],
  [true, 'yes'],
  ['kind', 'kind'],
  [null, 'n/a'],
] as const)('the metric %s is shown as %s', ([value, text]) => {
  expect(formatMetricText(value)).toBe(text);
});
