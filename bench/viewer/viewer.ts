import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { writeSimulatedRun } from '../../packages/testing/src/index.ts';
import { Documents, exportRuns, serve } from '../../packages/viewer/src/index.ts';
import type { Benchmark } from '../figure.ts';
import { computeMedian } from '../median.ts';
import { pair, writePair, writeTrials } from './runs.ts';

const repetitions = 5;

/** From the address to the first row or plot, in Chromium, with a server that has read nothing yet. */
export const viewer: Benchmark = {
  name: 'viewer',
  figures: [
    { name: 'viewer-trajectory-50-mb', unit: 'ms', bound: 2000, of: 'value' },
    { name: 'viewer-table-5000-rows', unit: 'ms', bound: 2000, of: 'value' },
    { name: 'viewer-report-1304-trials', unit: 'ms', bound: 2000, of: 'value' },
    { name: 'viewer-search-1304-trials', unit: 'ms', bound: 2000, of: 'value' },
    { name: 'viewer-export-1304-trials', unit: 'MiB', bound: 20, of: 'value' },
  ],
  async missing() {
    return findChromiumPath() === undefined ? 'there is no chromium on PATH' : undefined;
  },
  async measure() {
    const logs = mkdtempSync(join(tmpdir(), 'cooperbench-bench-viewer-'));
    try {
      writePair(logs, 'large', 50_000_000);
      writePair(logs, 'small', 100_000);
      writeTrials(logs, 'many', 5000);
      writeTrials(logs, 'few', 5);
      await writeSimulatedRun(logs, 'whole');
      await writeSimulatedRun(logs, 'part', { pairs: 3 });
      const trial = encodeURIComponent(pair);
      await using browser = await launchBrowser();
      return [
        await measured(
          browser,
          logs,
          '.entries .entry',
          (run) => `#/trial/${run}/${trial}?tab=trajectory`,
          'large',
          'small',
        ),
        await measured(browser, logs, '.pairs tbody tr', (run) => `#/run/${run}`, 'many', 'few'),
        await measured(browser, logs, '.plots svg', (run) => `#/report/${run}`, 'whole', 'part'),
        // The first round makes the index.
        await measured(browser, logs, '.found mark', (run) => `#/search/${run}?text=assert`, 'whole', 'part'),
        { value: await measureExportMiB(logs, 'whole'), floor: await measureExportMiB(logs, 'part') },
      ];
    } finally {
      rmSync(logs, { recursive: true, force: true });
    }
  },
};

async function measured(
  browser: Browser,
  logs: string,
  row: string,
  hash: (run: string) => string,
  run: string,
  floor: string,
): Promise<{ value: number; floor: number }> {
  const timesByName: Record<string, number[]> = { [run]: [], [floor]: [] };
  for (let round = -1; round < repetitions; round += 1) {
    for (const [name, samples] of Object.entries(timesByName)) {
      await using server = await serve(new Documents({ logsDir: logs, version: '0' }), 0);
      const page = await browser.newPage();
      const started = performance.now();
      await page.goto(`${server.url}${hash(name)}`);
      await page.locator(row).first().waitFor();
      // The first round fills the cache of files.
      if (round >= 0) samples.push(performance.now() - started);
      await page.close();
    }
  }
  return { value: computeMedian(timesByName[run] ?? []), floor: computeMedian(timesByName[floor] ?? []) };
}

async function measureExportMiB(logs: string, run: string): Promise<number> {
  const documents = new Documents({ logsDir: logs, version: '0', names: [run] });
  const { bytes } = await exportRuns(documents, join(logs, `${run}-out`), new AbortController().signal);
  return bytes / 1024 / 1024;
}

async function launchBrowser(): Promise<Browser & AsyncDisposable> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: findChromiumPath() ?? '', args });
  return Object.assign(browser, { [Symbol.asyncDispose]: () => browser.close() });
}

function findChromiumPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders
    .flatMap((folder) =>
      ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'].map((name) =>
        join(folder, name),
      ),
    )
    .find((path) => existsSync(path));
}
