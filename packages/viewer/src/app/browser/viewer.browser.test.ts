import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rubricVersion } from '@cooperbench/report';
import { writeSimulatedRun } from '@cooperbench/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  Documents,
  exportRuns,
  type PairDocument,
  type RunDocument,
  serve,
  urls,
  type Viewer,
} from '../../index.ts';
import { hashOf, type State } from '../route.ts';
import { chromiumPath, launch, overflow, runDemo, violations } from './browser.test.support.ts';
import { openPage } from './open-page.test.support.ts';

const missing = !chromiumPath && process.env.COOPERBENCH_REQUIRE_SERVICES !== '1';

describe.skipIf(missing)(`the viewer in Chromium${missing ? ' (skipped: no chromium)' : ''}`, () => {
  const logs = mkdtempSync(join(tmpdir(), 'cooperbench-viewer-'));
  const conflict = 'coop/ttl_cache_task/27/f3_f4';
  const hostile = '<img src=x onerror="document.title=`owned`"><script>document.title=`owned`</script>';
  let browser: Browser;
  let viewer: Viewer;
  let page: Page;

  beforeAll(async () => {
    [browser] = await Promise.all([launch(), runDemo(logs)]);
    makeHostile(join(logs, 'demo'), join(logs, 'hostile'));
    viewer = await serve(new Documents({ logsDir: logs, version: '0.0.0', open: 'demo' }), 0);
  });
  afterAll(async () => {
    await browser?.close();
    await viewer?.[Symbol.asyncDispose]();
    rmSync(logs, { recursive: true, force: true });
  });

  beforeEach(async () => {
    page = await openPage(browser, { viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  });

  const trialUrl = (state: State = {}, run = 'demo', trial = conflict): string =>
    viewer.url + hashOf({ page: 'trial', run, trial, state });

  test('opens the named run, failures first, and keeps filters in the URL', async () => {
    await page.goto(viewer.url);
    await page.waitForSelector('.pairs tbody tr');
    expect(await page.locator('h1').textContent()).toBe('demo');
    expect(await page.locator('.pairs tbody tr').count()).toBe(8);
    expect(await page.locator('.pairs tbody tr').first().textContent()).toContain('failed');

    await page.keyboard.press('/');
    await page.keyboard.type('f3_f4 coop');
    await expect.poll(() => page.locator('.pairs tbody tr').count()).toBe(1);
    expect(page.url()).toContain('search=f3_f4+coop');
    await page.reload();
    await page.waitForSelector('.pairs tbody tr');
    expect(await page.locator('.pairs tbody tr').count()).toBe(1);

    await page.locator('.pairs tbody a').click();
    await page.waitForSelector('.lanes svg');
    expect(await page.title()).toBe(`${conflict} · demo`);
  });

  test('metrics of a channel and of an evaluator are columns, by which it sorts', async () => {
    cpSync(join(logs, 'demo'), join(logs, 'measured'), { recursive: true });
    const add = (name: string, extra: object): void => {
      const path = join(logs, 'measured', conflict, name);
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...extra }));
    };
    add('result.json', {
      board_lines: 7,
      metric_definitions: { board_lines: { title: 'Lines', unit: 'lines', better: 'higher' } },
    });
    add('eval.json', {
      metrics: { talk_first: 'agent2' },
      metric_definitions: { talk_first: { title: 'Spoke first' } },
    });
    await page.goto(viewer.url + hashOf({ page: 'run', run: 'measured', state: {} }));
    await page.waitForSelector('.pairs th.metric');
    expect(await page.locator('.pairs th.metric').allTextContents()).toEqual([
      'Lines (lines)',
      'Spoke first',
    ]);
    await page.getByRole('button', { name: 'Lines (lines)' }).click();
    await expect.poll(() => page.url()).toContain('board_lines');
    const row = page.locator('.pairs tbody tr').filter({ hasText: '7' }).filter({ hasText: 'agent2' });
    expect(await row.locator('td.metric').allTextContents()).toEqual(['7', 'agent2']);
  });

  test('draws two lanes with steps and messages, and shows what a step ran', async () => {
    await page.goto(trialUrl());
    await page.waitForSelector('.lanes svg');
    expect(await page.locator('.lane').count()).toBe(2);
    expect(await page.locator('.arrow').count()).toBeGreaterThan(1);
    expect(await page.locator('.lane .step').count()).toBeGreaterThan(6);
    // The demo's third ending: a question that nobody answers.
    expect(await page.locator('.arrow .question').count()).toBeGreaterThan(0);

    await page.locator('.lane .step').first().click();
    await page.waitForSelector('.chosen .entry.is-tool .text-block');
    expect(page.url()).toContain('step=agent1');
    expect(await page.locator('.chosen .call').first().textContent()).not.toBe('');
    expect(await page.locator('.chosen .entry.is-tool header').first().textContent()).toMatch(
      /answers bash of #\d+/,
    );
    await page.keyboard.press('n');
    await expect.poll(() => page.url()).not.toContain('step=agent1%3A1&');
  });

  test('zooms by keys, buttons and mouse, keeps it in the URL, and follows the moments', async () => {
    await page.goto(trialUrl());
    await page.waitForSelector('.lanes svg');
    const whole = await page.locator('.lane .step').first().getAttribute('x');
    expect(await page.getByRole('button', { name: 'Zoom out' }).isDisabled()).toBe(true);
    await page.keyboard.press('+');
    await expect.poll(() => page.url()).toMatch(/from=[\d.]+&to=[\d.]+/);
    const span = (): number[] =>
      ['from', 'to'].map((key) => Number(new URLSearchParams(page.url().split('?')[1]).get(key)));
    const [from = 0, to = 0] = span();
    await page.reload();
    await page.waitForSelector('.lanes svg');
    expect(await page.locator('.lane .step').first().getAttribute('x')).not.toBe(whole);
    expect(await page.locator('.controls [role=status]').textContent()).toContain(' of ');

    await page.keyboard.press('Shift+ArrowLeft');
    await expect.poll(() => span()[0]).toBeLessThan(from);
    expect((span()[1] ?? 0) - (span()[0] ?? 0)).toBeCloseTo(to - from, 1);
    await page.getByRole('button', { name: 'All of the time' }).click();
    await expect.poll(() => page.url()).not.toContain('from=');

    const box = await page.locator('.lanes svg').boundingBox();
    const first = await page.locator('.lane .step').first().boundingBox();
    if (!box || !first) throw new Error('the lanes have no place');
    const drag = async (start: number, end: number): Promise<void> => {
      await page.mouse.move(box.x + start * box.width, box.y + 5);
      await page.mouse.down();
      await page.mouse.move(box.x + end * box.width, box.y + 40, { steps: 3 });
      await page.mouse.up();
    };
    const afterFirst = (first.x + first.width - box.x) / box.width + 0.02;
    await drag(afterFirst, Math.min(afterFirst + 0.25, 1));
    await expect.poll(() => page.url()).toContain('from=');
    // A drag chooses nothing and moves no cursor.
    expect(page.url()).not.toMatch(/at=|step=|message=/);
    const [marked = 0] = span();
    // The first moment is before the part in sight.
    await page.keyboard.press('n');
    await expect.poll(() => span()[0]).toBeLessThan(marked);
  });

  test('tells what each seat could know at the cursor', async () => {
    await page.goto(trialUrl({ at: '0' }));
    const locator = page.locator('.known').first();
    await locator.waitFor();
    expect(await locator.textContent()).toContain('has read 0 messages');
    await page.getByLabel('Clock').press('End');
    await expect
      .poll(() => page.locator('.known').allTextContents())
      .not.toEqual(expect.arrayContaining([expect.stringContaining('has read 0 messages')]));
  });

  test('leads from the clauses of the attribution to their evidence', async () => {
    await page.goto(trialUrl());
    const clauses = page.locator('.attribution a');
    await clauses.first().waitFor();
    await page.locator('.attribution a[href*="tab=tests"]').last().click();
    await page.waitForSelector('.test[open]');
    expect(await page.locator('.test').first().textContent()).toContain('failed');
    expect(await page.locator('caption').textContent()).toContain('alone and merged');
    await page.keyboard.press('3');
    await page.waitForSelector('.diff');
    expect(page.url()).toContain('tab=diffs');
  });

  test('shows the labels of a model, with quotes that lead to their messages', async () => {
    const documents = new Documents({ logsDir: logs, version: '0.0.0' });
    const { json } = await documents.make(urls.pair('hostile', conflict));
    const outcome = (JSON.parse(json) as PairDocument).row.cause?.sentence;
    const quotes = [{ message: 1, from: 'agent1', text: `${hostile} \u001b[31m` }];
    const passes = [1, 2].map(() => ({ labels: [{ name: 'commitment', supported: true, quotes }] }));
    const analyses = [{ model: 'judge', rubric: rubricVersion, outcome, passes }];
    const file = { schema_version: 1, analyses };
    writeFileSync(join(logs, 'hostile', conflict, 'analysis.json'), JSON.stringify(file));
    await page.goto(viewer.url + hashOf({ page: 'run', run: 'hostile', state: { label: 'commitment' } }));
    await page.locator('.pairs tbody a').click();
    await page.locator('.labelled').waitFor();
    expect(await page.locator('.labelled').textContent()).toBe(
      `judge labels it: commitmentagent1: ${hostile}`,
    );
    expect(await violations(page)).toEqual([]);
    await page.locator('.labelled a').click();
    await page.waitForSelector('#message-0');
    expect(page.url()).toContain('tab=conversation&message=0');
    expect(await page.title()).not.toBe('owned');
  });

  test('takes a note, keeps it beside the trial, and shows it, in an export without the form', async () => {
    const run = 'noted';
    makeHostile(join(logs, 'demo'), join(logs, run));
    await page.goto(trialUrl({}, run));
    await page.locator('.notes summary').click();
    expect(await page.locator('form.note').count()).toBe(1);
    await page.getByLabel('Note', { exact: true }).fill(`j k: both edit it. ${hostile}`);
    // A draft survives a look at another part of the trial.
    await page.getByRole('link', { name: 'Conversation' }).click();
    await page.waitForSelector('#message-0');
    await page.getByLabel('expectation').check();
    await page.getByLabel('commitment').check();
    await page.getByLabel('Your name').fill('ann');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Add the note' }).click();
    await page.locator('.notes .text').waitFor();
    expect(await page.locator('.notes p').first().textContent()).toMatch(
      /^ann \d{4}-\d\d-\d\d \d\d:\d\d labels it: expectation, commitmentj k: both edit it\. <img/,
    );
    expect(await page.title()).not.toBe('owned');
    const kept = readFileSync(join(logs, run, conflict, 'notes.jsonl'), 'utf8');
    expect(JSON.parse(kept)).toMatchObject({ by: 'ann', labels: ['expectation', 'commitment'] });

    const out = join(logs, 'noted-export');
    const documents = new Documents({ logsDir: logs, version: '0.0.0', open: run, names: [run] });
    await exportRuns(documents, out, new AbortController().signal);
    await page.goto(
      pathToFileURL(join(out, 'index.html')).href +
        hashOf({ page: 'trial', run, trial: conflict, state: {} }),
    );
    await page.locator('.notes .text').waitFor();
    expect(await page.locator('form.note').count()).toBe(0);
  });

  test('marks conflicts in the merge, who wrote a line, and the steps that wrote it', async () => {
    await page.goto(trialUrl({ tab: 'diffs', side: 'merged' }));
    await page.waitForSelector('.diff');
    expect(await page.locator('.file .is-failed').allTextContents()).toContain('conflict');
    expect(await page.locator('.writer').allTextContents()).toEqual(expect.arrayContaining(['1', '2']));
    await page.locator('.collisions a').first().click();
    await page.waitForSelector('.chosen .entry');
  });

  test('updates a running trial without a reload of the page', async () => {
    cpSync(join(logs, 'demo'), join(logs, 'live'), { recursive: true });
    await page.goto(trialUrl({ tab: 'conversation' }, 'live'));
    await page.waitForSelector('.bubble');
    const before = await page.locator('.bubble').count();
    const event = { type: 'message', trial: conflict, id: 'm-new', from: 'agent1', to: 'agent2' };
    const extra = { text: 'Are you still there?', accepted: true, accepted_by: ['agent2'] };
    const line = JSON.stringify({ time: new Date().toISOString(), ...event, ...extra });
    appendFileSync(join(logs, 'live', conflict, 'events.jsonl'), `${line}\n`);
    await expect.poll(() => page.locator('.bubble').count()).toBe(before + 1);
    expect(await page.locator('.bubble').last().textContent()).toContain('unanswered question');
  });

  test('shows a trial that changes faster than its document is made', async () => {
    const body = 'retry: 100\nevent: changed\ndata:\n\n';
    await page.route('**/live?*', (route) => route.fulfill({ contentType: 'text/event-stream', body }));
    const second = Promise.withResolvers<void>();
    let requests = 0;
    // The first is answered when another is on its way, and no other is.
    await page.route(`**/${urls.pair('demo', conflict)}`, async (route) => {
      requests += 1;
      if (requests > 1) return second.resolve();
      await second.promise;
      await route.continue();
    });
    await page.goto(trialUrl({ tab: 'conversation' }));
    await page.waitForSelector('.bubble');
    expect(requests).toBeGreaterThan(1);
    // Before its requests end, which the page would complain about.
    await page.goto('about:blank');
  });

  test.each(['timeline', 'conversation', 'diffs', 'tests', 'files', 'trajectory'])(
    'shows what a hostile agent wrote as text: %s',
    async (tab) => {
      await page.goto(trialUrl({ tab }, 'hostile'));
      await page.waitForSelector('.summary');
      await expect.poll(() => page.locator('#main').textContent()).toContain('<img src=x');
      expect(await page.locator('#main :is(img, script)').count()).toBe(0);
      expect(await page.title()).not.toBe('owned');
    },
  );

  test('stays smooth with 5,000 rows: only those in sight exist', async () => {
    await page.route(`**/${urls.run('demo')}`, async (route) => {
      const response = await route.fetch();
      const document = (await response.json()) as RunDocument;
      const pairs = Array.from({ length: 5000 }, (_, index) => {
        const row = document.pairs[index % document.pairs.length];
        return {
          ...row,
          id: `${row?.setting}/${row?.task}/f${index}_f${index + 1}`,
          features: [index, index + 1],
        };
      });
      await route.fulfill({ response, json: { ...document, pairs } });
    });
    await page.goto(viewer.url + hashOf({ page: 'run', run: 'demo', state: { sort: 'pair' } }));
    await page.waitForSelector('.pairs tbody tr');
    expect(await page.locator('.tally').textContent()).toContain('5000 trials');
    expect(await page.locator('.pairs tbody tr').count()).toBeLessThan(100);
    await page.locator('.rows').press('End');
    await expect.poll(() => page.locator('.pairs tbody tr[aria-rowindex="5001"]').count()).toBe(1);
    await page.getByLabel('Search').fill('f4711_');
    await expect.poll(() => page.locator('.pairs tbody tr').count()).toBe(1);
  });

  test('a run of all 652 pairs in two settings: its table, its report, and both beside another run', async () => {
    const own = join(logs, 'large');
    await writeSimulatedRun(own, 'whole');
    await writeSimulatedRun(own, 'other', { settings: ['coop'], model: 'b', pairs: 100 });
    await using large = await serve(new Documents({ logsDir: own, version: '0.0.0' }), 0);
    const open = async (route: Parameters<typeof hashOf>[0], there: string): Promise<void> => {
      await page.goto(large.url + hashOf(route));
      await page.waitForSelector(there);
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 844 });
        expect(await overflow(page)).toBe(0);
      }
    };
    await open({ page: 'run', run: 'whole', state: { same: 'passes in solo' } }, '.pairs tbody tr');
    expect(await page.locator('.tally').textContent()).toMatch(/^\d+ trials\d+ failed$/);
    await page.getByLabel('The same pair').selectOption('');
    await expect.poll(() => page.locator('.tally').textContent()).toContain('1304 trials');
    await open({ page: 'report', run: 'whole', state: {} }, '.plots svg');
    expect(await page.locator('caption').allTextContents()).toEqual([
      'Conditions, with 95% intervals that account for pairs that share tasks',
      'Paired comparisons of the merged rate; the deficit is (baseline − condition) / baseline',
    ]);
    await open({ page: 'compare', runs: ['whole', 'other'], state: {} }, '.compared tbody tr');
    expect(await page.locator('.filters').textContent()).toContain('100 rows');
    await page.getByLabel('Only pairs that flipped').check();
    await expect.poll(() => page.locator('.compared tbody .badge.is-warning').count()).toBeGreaterThan(1);
    expect(await violations(page)).toEqual([]);
    // Before its server ends, which the page would complain about.
    await page.goto('about:blank');
  });

  test('compares two runs, and their trials of one pair on one clock', async () => {
    await page.goto(`${viewer.url}#/`);
    await page.getByLabel('Compare demo').check();
    await page.getByLabel('Compare hostile').check();
    await page.getByRole('link', { name: /^Compare / }).click();
    await page.locator('.compared tbody a', { hasText: 'f3_f4' }).first().click();
    await expect.poll(() => page.locator('.lanes svg').count()).toBe(2);
    expect(await page.locator('.page').textContent()).toContain('Why it failed');
  });

  /** Copies the demo, and adds repetitions of one pair: a copy of its trial for each verdict. Null means without a verdict. */
  function repeatPair(to: string, pair: string, verdicts: readonly (boolean | null)[]): void {
    cpSync(join(logs, 'demo'), to, { recursive: true });
    for (const [index, passed] of verdicts.entries()) {
      const folder = join(to, `${pair}${index === 0 ? '' : `@${index + 1}`}`);
      if (index > 0) cpSync(join(logs, 'demo', pair), folder, { recursive: true });
      const change = (name: string, changes: object): void => {
        const content = JSON.parse(readFileSync(join(folder, name), 'utf8'));
        writeFileSync(join(folder, name), JSON.stringify({ ...content, ...changes }));
      };
      change('result.json', { repetition: index + 1 });
      if (passed === null) rmSync(join(folder, 'eval.json'));
      else change('eval.json', { both_passed: passed, overall_success: passed });
    }
  }

  test('compares repetitions by how many passed, from the server and from an export', async () => {
    const own = join(logs, 'repeated');
    onTestFinished(() => rmSync(own, { recursive: true, force: true }));
    const pair = 'coop/text_table_task/14/f1_f2';
    repeatPair(join(own, 'one'), pair, [false, true, true, null]);
    repeatPair(join(own, 'two'), pair, [true, false]);
    const documents = new Documents({ logsDir: own, version: '0.0.0' });
    await exportRuns(documents, join(own, 'out'), new AbortController().signal);
    await using repeated = await serve(documents, 0);
    for (const address of [repeated.url, pathToFileURL(join(own, 'out/index.html')).href]) {
      await page.goto(address + hashOf({ page: 'compare', runs: ['one', 'two'], state: {} }));
      const row = page.locator('.compared tbody tr', { hasText: 'f1_f2' }).filter({ hasText: ' of ' });
      const [first, second] = [row.locator('td').nth(0), row.locator('td').nth(1)];
      await expect
        .poll(() => first.textContent())
        .toBe('2 of 3 passed 1 not evaluated coop @1 ✗@2 ✓@3 ✓@4 ○');
      expect(await second.textContent()).toBe('1 of 2 passed coop @1 ✓@2 ✗');
      expect(await row.locator('.badge.is-warning').allTextContents()).toEqual([
        'flipped',
        '2 of 3 passed',
        '1 of 2 passed',
      ]);
      // As the comparison above says: means of pairs, here of (0 + 2/3 + 1 + 1) / 4 and (0 + 1/2 + 1 + 1) / 4.
      expect(await page.locator('.filters').textContent()).toContain(
        'coop: 66.7% and 62.5% of 4 pairs that both judged',
      );
      expect(await page.locator('figure, table').first().textContent()).toContain('62.5%');
      // The policy of an export forbids what axe loads.
      if (address === repeated.url) expect(await violations(page)).toEqual([]);
      await page.getByLabel('Only pairs that flipped').check();
      await expect.poll(() => page.locator('.compared tbody tr').count()).toBe(1);
      await second.getByTitle('Repetition 2: failed').click();
      await page.waitForSelector('.lanes svg');
      expect(page.url()).toContain(encodeURIComponent(`${pair}@2`));
      await page.goBack();
      await row.getByRole('link', { name: '@2', exact: true }).click();
      await expect.poll(() => page.locator('.lanes svg').count()).toBe(2);
    }
  });

  test('opens an export as a file, with highlighted code', async () => {
    const out = join(logs, 'export');
    const documents = new Documents({ logsDir: logs, version: '0.0.0', open: 'demo', names: ['demo'] });
    await exportRuns(documents, out, new AbortController().signal);
    onTestFinished(() => rmSync(out, { recursive: true, force: true }));
    await page.goto(pathToFileURL(join(out, 'index.html')).href);
    await page.waitForSelector('.pairs tbody tr');
    await page.locator('.pairs a', { hasText: 'f2_f3' }).first().click();
    await page.waitForSelector('.lanes svg');
    await page.keyboard.press('3');
    await page.waitForSelector('.diff .hljs-keyword');
  });

  const tabs = ['timeline', 'conversation', 'diffs', 'tests', 'files', 'trajectory'];
  const twice = { one: conflict, other: conflict.replace('coop', 'solo') };
  test.each([
    '#/',
    hashOf({ page: 'run', run: 'demo', state: {} }),
    hashOf({ page: 'report', run: 'demo', state: {} }),
    hashOf({ page: 'compare', runs: ['demo', 'demo'], state: twice }),
    ...tabs.map((tab) =>
      hashOf({
        page: 'trial',
        run: 'demo',
        trial: conflict,
        state: { tab, step: 'agent1:1', side: 'merged' },
      }),
    ),
  ])('is accessible on a wide light screen and on a dark phone: %s', async (address) => {
    await page.goto(viewer.url + address);
    await page.waitForSelector('h1');
    await page.waitForFunction(() => document.querySelector('.loading') === null);
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
  });

  /** Returns a copy of a run in which the agents write markup wherever they can. */
  function makeHostile(from: string, to: string): void {
    cpSync(from, to, { recursive: true });
    const folder = join(to, conflict);
    const rewrite = (name: string, change: (text: string) => string): void =>
      writeFileSync(join(folder, name), change(readFileSync(join(folder, name), 'utf8')));
    rewrite('events.jsonl', (text) =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .map((event) =>
          JSON.stringify(event.type === 'message' ? { ...event, text: `${hostile} ${event.text}` } : event),
        )
        .join('\n')
        .concat('\n'),
    );
    for (const name of ['agent3_traj.json', 'agent4_traj.json']) {
      rewrite(name, (text) => {
        const file = JSON.parse(text);
        for (const message of file.messages) message.content = `${hostile}\n${message.content}`;
        return JSON.stringify(file);
      });
    }
    for (const name of ['agent3.patch', 'agent4.patch'])
      rewrite(
        name,
        (text) =>
          `${text}diff --git a/${hostile} b/${hostile}\n--- /dev/null\n+++ b/${hostile}\n@@ -0,0 +1 @@\n+${hostile}\n`,
      );
    rewrite('eval.json', (text) => {
      const file = JSON.parse(text);
      for (const result of Object.values(file.features_results) as { test_output: string }[])
        result.test_output = `${hostile}\n\u001b[31m${hostile}`;
      file.merge.diff += `diff --git a/x b/x\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+${hostile}\n`;
      return JSON.stringify(file);
    });
  }
});
