import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const repository = join(import.meta.dirname, '..');
const page = readFileSync(join(repository, 'docs/decisions/attacks.md'), 'utf8');

/** The rows of the page's tables, each as its cells. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (attack|-)/.test(line))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .map((cells) => ({ attack: cells[1] ?? '', state: cells[2] ?? '', tests: cells.at(-2) ?? '' }));

test('each attack that is not accepted names its tests, and they exist', () => {
  expect(rows.length).toBeGreaterThan(100);
  const faults = rows.flatMap(({ attack, state, tests }) => {
    if (tests === '–') return /accepted|documented/.test(state) ? [] : [`${attack}: no test`];
    const missing = tests.split(', ').filter((name) => {
      const [folder = '', ...rest] = name.split('/');
      return !existsSync(join(repository, `packages/${folder}/src/${rest.join('/')}.test.ts`));
    });
    return missing.map((name) => `${attack}: ${name} does not exist`);
  });
  expect(faults).toEqual([]);
});
