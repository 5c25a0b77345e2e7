import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

/** A Chromium of this machine. It is undefined if there is none on PATH. */
export const chromiumPath: string | undefined = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

export function launch(): Promise<Browser> {
  if (!chromiumPath) throw new Error(`These tests need ${names.join(' or ')} on PATH.`);
  const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  // Chromium refuses its sandbox as root.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return chromium.launch({
    executablePath: chromiumPath,
    args: [...args, '--disable-component-update', '--disable-sync'],
  });
}

/** Runs the packaged demo: coop and solo, with evaluation. */
export async function runDemo(logs: string): Promise<void> {
  const bin = new URL('../../../../cli/bin/run.js', import.meta.url).pathname;
  await promisify(execFile)(process.execPath, [bin, 'demo', '--log-dir', logs, '--reporter', 'silent']);
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Returns what axe finds wrong with the page, one text for each rule and element. `rules`: only these. */
export async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  // By the debugger, which the page's policy does not concern.
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(axe);
  const run = `axe.run(document, ${JSON.stringify(rules ? { runOnly: rules } : {})})`;
  const { violations: matches } = (await page.evaluate(run)) as AxeResults;
  return matches.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

/** Returns how many pixels of the page are beside the screen. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const main = document.querySelector('main');
    return Math.max(
      0,
      ...[document.documentElement, main].map((hTMLElement) =>
        hTMLElement ? hTMLElement.scrollWidth - hTMLElement.clientWidth : 0,
      ),
    );
  });
}
