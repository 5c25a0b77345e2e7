import { expect, test } from 'vitest';
import { prepareReporter } from './reporters.ts';

test('on a terminal one line changes, shortened to its width, and is replaced by what is said', () => {
  let output = '';
  const report = prepareReporter('default', { isTTY: true, columns: 20, write: (text) => (output += text) });
  report({ type: 'resolved', dataset: 'D', asked: 'main', revision: 'abc' });
  report({ type: 'compared', files: 2, unchanged: 0, to_download: 2, to_download_bytes: 2_500_000 });
  while (!output.endsWith('0 B of 2')) report({ type: 'bytes', delta: 0 });
  report({ type: 'retry', reason: 'lost\u001b[2J', wait_seconds: 2 });
  expect(output).toBe(
    [
      '\r\u001b[KD main: abc\n',
      '\r\u001b[K2 files: 0 up to date, 2 to download (2.5 MB)\n',
      '\r\u001b[K0/2 files, 0 B of 2',
      '\r\u001b[KTrying again in 2s: lost\n',
    ].join(''),
  );
});

test('what was kept is named, twenty of them at most', () => {
  let output = '';
  const report = prepareReporter('default', { write: (text) => (output += text) });
  report({
    type: 'finished',
    dataset: 'D',
    revision: 'abc',
    directory: '/d',
    files: 30,
    downloaded: 0,
    downloaded_bytes: 0,
    unchanged: 5,
    kept: Array.from({ length: 25 }, (_, index) => `f${index}`),
    removed: ['old'],
    tasks: 3,
    pairs: 1,
    broken: ['/d/x is missing'],
  });
  expect(output.split('\n')).toEqual([
    ...Array.from(
      { length: 20 },
      (_, index) => `Kept, because you changed it: f${index} (--force replaces it)`,
    ),
    'and 5 more; --json prints all',
    'Removed, because the revision does not have it: old',
    'Cannot be used: /d/x is missing',
    '/d has 3 tasks with 1 pair',
    '',
  ]);
});
