import { expect, test } from 'vitest';
import { findDiffFiles } from '../parts/diff-rows.ts';
import { buildWriters } from './provenance.ts';

const patch = (lines: string): string =>
  `--- a/x.js\n+++ b/x.js\n@@ -1,1 +1,${lines.split('\n').length + 1} @@\n one\n${lines}\n`;

test('finds who wrote a line of the merged file', () => {
  const patches = new Map([
    ['agent1', findDiffFiles(patch('+ const wrapped = true;\n+ both();\n+}')) ?? []],
    ['agent2', findDiffFiles(patch('+ both();\n+}')) ?? []],
  ]);
  const writers = buildWriters('x.js', patches);
  expect(writers('  const wrapped = true;')).toEqual(['agent1']);
  expect(writers('both();')).toEqual(['agent1', 'agent2']);
  expect(writers('}')).toEqual([]);
  expect(writers('nobody();')).toEqual([]);
  expect(buildWriters('y.js', patches)('both();')).toEqual([]);
});
