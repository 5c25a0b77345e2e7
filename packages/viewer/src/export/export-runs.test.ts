import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Documents } from '../data/documents.ts';
import { type RunsDocument, urls } from '../data/model.ts';
import { logDirectory, pairFiles, runFiles, trial, write } from '../data/run.test.support.ts';
import { exportRuns } from './export-runs.ts';

const page = new Map([
  [
    'index.html',
    { type: 'text/html', content: Buffer.from('<html data-source="server"><head></head></html>') },
  ],
  ['app.js', { type: 'text/javascript', content: Buffer.from('app()') }],
]);
const never = new AbortController().signal;
const documentsOf = (logsDir: string): Documents => new Documents({ logsDir, version: '1' });

test('writes the page and every document that it can ask for, as scripts', async () => {
  const logs = logDirectory({ ...runFiles('one'), ...runFiles('two') });
  const documents = documentsOf(logs);
  const out = join(logDirectory(), 'shared/export');
  const { bytes, ...exported } = await exportRuns(documents, out, never, { page });
  expect(exported).toEqual({ directory: out, runs: 2, trials: 2 });
  expect(bytes).toBeGreaterThan(1000);
  const own = (run: string) => [
    ...[
      urls.run(run),
      urls.report(run),
      urls.pair(run, trial),
      urls.diffs(run, trial),
      urls.tests(run, trial),
    ],
    ...['agent1', 'agent2'].map((seat) => urls.slice(run, trial, seat, 0)),
  ];
  const expected = [urls.runs, ...own('one'), ...own('two')];
  const files = globSync('**/*.js', { cwd: out }).filter((path) => path !== 'app.js');
  expect(files.sort()).toEqual(expected.map((url) => `${url}.js`).sort());
  for (const url of expected) {
    const calls: unknown[] = [];
    runInNewContext(readFileSync(join(out, `${url}.js`), 'utf8'), {
      cooperbench: (...call: unknown[]) => calls.push(call),
    });
    const [[named, packed] = []] = calls as [string, string][];
    expect(named).toBe(url);
    const json = inflateRawSync(Buffer.from(packed ?? '', 'base64')).toString();
    expect(json).toBe((await documents.make(url)).json);
  }
});

test('the exported page says that it is an export, and its own policy', async () => {
  const logs = logDirectory(runFiles('one'));
  await exportRuns(documentsOf(logs), join(logs, 'out'), never, { page });
  expect(readFileSync(join(logs, 'out/index.html'), 'utf8')).toMatch(
    /^<html data-source="export"><head>\n<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; .*trusted-types cooperbench"><\/head><\/html>$/,
  );
});

test('an export in the log directory is not a run, and a run that is made in its place is', async () => {
  const logs = logDirectory(runFiles('one'));
  await exportRuns(documentsOf(logs), join(logs, 'out'), never, { page });
  const names = async (): Promise<string[]> => {
    const { runs } = JSON.parse((await documentsOf(logs).make(urls.runs)).json) as RunsDocument;
    return runs.map(({ name }) => name).sort();
  };
  expect(await names()).toEqual(['one']);
  write(logs, { 'out/config.json': {} });
  expect(await names()).toEqual(['one', 'out']);
});

test('says how far it is: each trial of each run', async () => {
  const more = 'coop/a_task/1/f1_f3';
  const logs = logDirectory({ ...runFiles('one'), ...runFiles('one', pairFiles, more), ...runFiles('two') });
  const records: string[] = [];
  await exportRuns(documentsOf(logs), join(logs, 'out'), never, {
    page,
    onProgress: ({ run, runs, written, trials }) => records.push(`${run}/${runs} ${written}/${trials}`),
  });
  const [first, second] = [
    ['0/2', '1/2', '2/2'],
    ['0/1', '1/1'],
  ];
  const runs = records[0] === '1/2 0/2' ? [first, second] : [second, first];
  expect(records).toEqual(runs.flatMap((steps = [], index) => steps.map((step) => `${index + 1}/2 ${step}`)));
});

test('a directory with something in it stays as it is', async () => {
  const logs = logDirectory({ ...runFiles('one'), 'out/mine.txt': 'mine' });
  await expect(exportRuns(documentsOf(logs), join(logs, 'out'), never, { page })).rejects.toMatchObject({
    code: 'VIEW_OUT',
    message: `${join(logs, 'out')} is not empty.`,
  });
  expect(readdirSync(join(logs, 'out'))).toEqual(['mine.txt']);
});

test('an export that is interrupted or cannot be written leaves nothing behind', async () => {
  const logs = logDirectory(runFiles('one'));
  const before = readdirSync(logs);
  await expect(
    exportRuns(documentsOf(logs), join(logs, 'out'), AbortSignal.abort(), { page }),
  ).rejects.toMatchObject({
    name: 'AbortError',
  });
  await expect(exportRuns(documentsOf(logs), '/proc/nothing/here', never, { page })).rejects.toMatchObject({
    code: 'VIEW_OUT',
  });
  expect(readdirSync(logs)).toEqual(before);
  expect(existsSync(dirname('/proc/nothing/here'))).toBe(false);
});
