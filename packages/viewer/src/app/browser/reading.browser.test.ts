import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSimulatedRun } from '@cooperbench/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Documents, serve, type Viewer } from '../../index.ts';
import { hashOf, type State } from '../route.ts';
import { chromiumPath, launch, overflow, runDemo, violations } from './browser.test.support.ts';
import { openPage } from './open-page.test.support.ts';

const missing = !chromiumPath && process.env.COOPERBENCH_REQUIRE_SERVICES !== '1';

describe.skipIf(missing)(`reading a trial in Chromium${missing ? ' (skipped: no chromium)' : ''}`, () => {
  const logs = mkdtempSync(join(tmpdir(), 'cooperbench-viewer-'));
  const trial = 'coop/ttl_cache_task/27/f3_f4';
  let browser: Browser;
  let viewer: Viewer;
  let page: Page;

  beforeAll(async () => {
    [browser] = await Promise.all([launch(), runDemo(logs), writeSimulatedRun(logs, 'whole')]);
    change('agent3_traj.json', (file) => {
      const [, , answer] = file.messages;
      answer.reasoning_content = 'I should look \u202etxt.exe';
      file.messages.splice(4, 0, ...many(200));
    });
    viewer = await serve(new Documents({ logsDir: logs, version: '0.0.0' }), 0);
  });
  afterAll(async () => {
    await browser?.close();
    await viewer?.[Symbol.asyncDispose]();
    rmSync(logs, { recursive: true, force: true });
  });

  beforeEach(async () => {
    page = await openPage(browser);
  });

  // biome-ignore lint/suspicious/noExplicitAny: The file has the shape that the demo writes.
  function change(name: string, edit: (file: any) => void): void {
    const path = join(logs, 'demo', trial, name);
    const file = JSON.parse(readFileSync(path, 'utf8'));
    edit(file);
    writeFileSync(path, JSON.stringify(file));
  }

  function many(count: number): object[] {
    return Array.from({ length: count }, (_, index) => ({
      role: 'user',
      content: `reminder ${index}${index === 150 ? ' needle in the hay' : ''}`,
    }));
  }

  const open = (state: State): Promise<unknown> =>
    page.goto(viewer.url + hashOf({ page: 'trial', run: 'demo', trial, state }));

  test('a search in a trial finds what the page has not drawn, and leads to it', async () => {
    await open({ tab: 'trajectory' });
    await page.waitForSelector('.entries .entry');
    expect(await page.locator('.entries').textContent()).not.toContain('needle in the hay');
    await page.keyboard.press('7');
    await page.getByLabel('Search in trajectories').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('Needle in the hay');
    await page.keyboard.press('Enter');
    await page.locator('.found mark').waitFor();
    expect(await page.locator('[role=status]').textContent()).toBe('Found in 1 text.');
    await page.locator('.found a').click();
    await expect.poll(() => page.locator('.entries').textContent()).toContain('needle in the hay');
  });

  test('a search in a run finds texts of all its trials', async () => {
    await page.goto(viewer.url + hashOf({ page: 'run', run: 'whole', state: {} }));
    await page.getByRole('link', { name: 'Search in texts' }).click();
    await page.getByLabel('Search in trajectories').fill('assert');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('[role=status]').textContent()).toMatch(/ of \d+ of 1304 trials\.$/);
    expect(await page.title()).toBe('assert · whole · CooperBench');
    await page.locator('.found li a').first().click();
    await page.waitForSelector('.summary');
    await page.goBack();
    await page.waitForSelector('.found');
    expect(await page.getByLabel('Search in trajectories').inputValue()).toBe('assert');
  });

  test('a trajectory hides kinds, folds output, shows thoughts, and has an outline with costs and times', async () => {
    await open({ tab: 'trajectory' });
    await page.waitForSelector('.entries .thought');
    // The character that turns text around is named.
    expect(await page.locator('.thought').first().textContent()).toBe('thoughtI should look [U+202E]txt.exe');
    expect(await page.locator('.outline-step').first().textContent()).toMatch(
      /\d:\d\d\.\d · <?\$[\d.]+ · model [\d.]+ s, commands [\d.]+ s$/,
    );
    const beside = page.locator('.row.is-beside').first();
    const [left, right] = await Promise.all(
      [0, 1].map((index) => beside.locator('> div').nth(index).boundingBox()),
    );
    expect(right?.y).toBe(left?.y);
    await page.getByLabel('prompts').uncheck();
    await expect.poll(() => page.locator('.entry.is-user').count()).toBe(0);
    await page.getByLabel('thoughts').uncheck();
    await expect.poll(() => page.locator('.thought').count()).toBe(0);
    await page.getByLabel('fold output').check();
    await expect.poll(() => page.locator('.output[open]').count()).toBe(0);
    expect(page.url()).toContain('hide=prompts%2Cthoughts');
    await page.locator('.outline-step').last().click();
    await expect.poll(() => page.locator('.entries').textContent()).toContain('COMPLETE_TASK');
  });

  test('a large file removes no other diff; lines stand side by side; a patch can be copied', async () => {
    const large = Array.from({ length: 20_000 }, (_, line) => `+generated line ${line} of the file`).join(
      '\n',
    );
    const patch = join(logs, 'demo', trial, 'agent4.patch');
    const own = readFileSync(patch, 'utf8');
    onTestFinished(() => writeFileSync(patch, own));
    writeFileSync(patch, `diff --git a/big b/big\n--- /dev/null\n+++ b/big\n@@ -0,0 +1,20000 @@\n${large}\n`);
    appendFileSync(patch, own);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await open({ tab: 'diffs', side: 'agent2' });
    await page.waitForSelector('.tree');
    expect(await page.locator('.tree').textContent()).toContain('stats.js');
    expect(await page.locator('.file[open] .path').allTextContents()).toContain('src/cache.js');
    expect(await page.locator('#main').textContent()).toContain(
      'more characters: the file of the run has all',
    );
    await page.getByLabel('old and new side by side').check();
    await page.waitForSelector('.diff.is-split .is-added');
    await page.getByRole('button', { name: 'Copy the patch of src/cache.js' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(own).toContain(copied);
    expect(copied.startsWith('diff --git a/src/cache.js')).toBe(true);
    expect(await page.locator('#main').textContent()).toContain(
      'Only the file of the run has the whole patch.',
    );
    for (const name of ['Copy the whole patch', 'Copy the patch of big'])
      expect(await page.getByRole('button', { name }).count()).toBe(0);
    await page.locator('.tree a', { hasText: 'big' }).click();
    await expect.poll(() => page.locator('.file[open]', { hasText: 'generated line 7 of' }).count()).toBe(1);
  });

  test('the way back leads to the same rows of the table, with its filters', async () => {
    await page.goto(viewer.url + hashOf({ page: 'run', run: 'whole', state: { setting: 'coop' } }));
    await page.waitForSelector('.pairs tbody tr');
    await page.locator('.rows').evaluate((rows) => rows.scrollTo(0, 9000));
    await expect.poll(() => page.locator('.pairs tbody tr[aria-rowindex="250"]').count()).toBe(1);
    await page.locator('.pairs tbody tr[aria-rowindex="250"] a').click();
    await page.waitForSelector('.summary');
    await page.goBack();
    await page.waitForSelector('.pairs tbody tr');
    await expect.poll(() => page.locator('.rows').evaluate((rows) => Math.round(rows.scrollTop))).toBe(9000);
    await page.locator('.pairs tbody tr[aria-rowindex="250"] a').click();
    await page.waitForSelector('.summary');
    await page.locator('.top a', { hasText: 'whole' }).click();
    await page.waitForSelector('.pairs tbody tr');
    expect(page.url()).toContain('setting=coop');
  });

  test('words of agents have the direction of their script, whatever is beside them', async () => {
    const words = 'שלום (world) עולם';
    change('agent3_traj.json', (file) => {
      file.messages.splice(
        2,
        0,
        { role: 'assistant', content: words },
        { role: 'assistant', content: 'left' },
      );
    });
    const conversation = join(logs, 'demo', trial, 'events.jsonl');
    const before = readFileSync(conversation, 'utf8');
    const message = {
      type: 'message',
      id: 'rtl',
      from: 'agent1',
      to: 'agent2',
      text: words,
      accepted_by: [],
    };
    appendFileSync(conversation, `${JSON.stringify({ ...message, time: new Date().toISOString() })}\n`);
    onTestFinished(() => {
      writeFileSync(conversation, before);
      change('agent3_traj.json', (file) => void file.messages.splice(2, 2));
    });
    const directionOf = (text: string): Promise<string> =>
      page
        .locator('p.words', { hasText: text })
        .first()
        .evaluate((element) => getComputedStyle(element).direction);
    await open({ tab: 'conversation' });
    expect(await directionOf('שלום')).toBe('rtl');
    await open({ tab: 'trajectory' });
    expect(await directionOf('שלום')).toBe('rtl');
    expect(await directionOf('left')).toBe('ltr');
    expect(
      await page
        .locator('.entry header')
        .first()
        .evaluate((one) => getComputedStyle(one).direction),
    ).toBe('ltr');
  });

  test('the page itself never scrolls: one part of it does, and the summary folds on other tabs', async () => {
    /** Returns the parts that the wheel can move down, and that fill most of the screen. */
    const scrolling = (): Promise<string[]> =>
      page.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll('body *')]
          .filter(
            (one) =>
              one.scrollHeight > one.clientHeight + 1 &&
              one.clientHeight > innerHeight / 2 &&
              (one === document.documentElement || /auto|scroll/.test(getComputedStyle(one).overflowY)),
          )
          .map((one) => one.id || one.className || one.tagName),
      );
    for (const [state, area] of [
      [{}, 'main'],
      [{ tab: 'conversation' }, 'main'],
      [{ tab: 'diffs', side: 'merged' }, 'main'],
      [{ tab: 'trajectory' }, 'entries'],
    ] as const) {
      await open(state);
      await page.waitForSelector('.tabs');
      await page.waitForFunction(() => document.querySelector('.loading') === null);
      const matches = await scrolling();
      expect(
        matches.filter((name) => name !== area),
        JSON.stringify(state),
      ).toEqual([]);
      const isFolded = 'tab' in state;
      expect(await page.locator('.summary details.more').getAttribute('open')).toBe(isFolded ? null : '');
    }
    await page.waitForSelector('.entries .entry');
    const entries = page.locator('.entries');
    await expect.poll(() => entries.evaluate((entry) => entry.scrollHeight > entry.clientHeight)).toBe(true);
  });

  test('prints all rows of a table, and the whole of a page', async () => {
    await page.goto(viewer.url + hashOf({ page: 'run', run: 'whole', state: {} }));
    await page.waitForSelector('.pairs tbody tr');
    const pdf = await page.pdf({ format: 'A4', landscape: true });
    // Chromium names the pages of its own documents so.
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length;
    expect(pages).toBeGreaterThan(20);
    await expect.poll(() => page.locator('.pairs tbody tr').count()).toBeLessThan(100);
  });

  const addresses = [
    '#/',
    hashOf({ page: 'run', run: 'whole', state: {} }),
    hashOf({ page: 'search', run: 'demo', state: { text: 'team' } }),
    ...['timeline', 'conversation', 'diffs', 'tests', 'files', 'trajectory', 'search'].map((tab) =>
      hashOf({
        page: 'trial',
        run: 'demo',
        trial,
        state: { tab, text: 'team', side: 'merged', view: 'split' },
      }),
    ),
  ];
  test.each(addresses)('has room at three widths, and no fault in both themes: %s', async (address) => {
    for (const width of [390, 1024, 1440]) {
      await page.setViewportSize({ width, height: 844 });
      await page.goto(viewer.url + address);
      await page.waitForSelector('h1');
      await page.waitForFunction(() => document.querySelector('.loading') === null);
      expect(await overflow(page), String(width)).toBe(0);
      if (width === 1024) continue;
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violations(page), `${width} ${colorScheme}`).toEqual([]);
      }
    }
  });
});
