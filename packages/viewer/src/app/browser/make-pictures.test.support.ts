/**
 * Makes the pictures of README: the time line of the demo's pair whose patches conflict, light and dark.
 * Run it after a change of the page: node --conditions=@cooperbench/source packages/viewer/src/app/browser/make-pictures.test.support.ts
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Documents, serve } from '../../index.ts';
import { hashOf } from '../route.ts';
import { launch, runDemo } from './browser.test.support.ts';

const pictures = new URL('../../../../../docs/pictures/', import.meta.url).pathname;
const trial = 'coop/ttl_cache_task/27/f3_f4';

const logs = mkdtempSync(join(tmpdir(), 'cooperbench-pictures-'));
try {
  const [browser] = await Promise.all([launch(), runDemo(logs)]);
  await using viewer = await serve(new Documents({ logsDir: logs, version: '0.0.0', open: 'demo' }), 0);
  mkdirSync(pictures, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 1120, height: 790 }, colorScheme });
    await page.goto(viewer.url + hashOf({ page: 'trial', run: 'demo', trial, state: {} }));
    await page.waitForLoadState('networkidle');
    await page.screenshot({ path: join(pictures, `pair-${colorScheme}.png`) });
  }
  await browser.close();
} finally {
  rmSync(logs, { recursive: true, force: true });
}
