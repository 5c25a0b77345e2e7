import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pairFiles, runFiles, startedAt, write } from '../../data/run.test.support.ts';
import { Documents, type RunDocument, serve, urls, type Viewer } from '../../index.ts';
import { hashOf, type State } from '../route.ts';
import { chromiumPath, launch, runDemo } from './browser.test.support.ts';
import { openPage } from './open-page.test.support.ts';

const missing = !chromiumPath && process.env.COOPERBENCH_REQUIRE_SERVICES !== '1';

describe.skipIf(missing)(`pages of other runs${missing ? ' (skipped: no chromium)' : ''}`, () => {
  const logs = mkdtempSync(join(tmpdir(), 'cooperbench-viewer-'));
  let browser: Browser;
  let viewer: Viewer;
  let page: Page;

  beforeAll(async () => {
    [browser] = await Promise.all([launch(), runDemo(logs)]);
    write(logs, moreSeats('three', 3));
    write(logs, moreSeats('many', 36));
    write(logs, reviewed('reviewed'));
    write(logs, {
      'py/x_task/task7/features_1_2/agent1/trajectory.json': [{ role: 'assistant', content: 'Done.' }],
      'py/x_task/task7/features_1_2/agent1/patch.diff': '',
      'py/x_task/task7/features_1_2/agent2/trajectory.json': [{ role: 'assistant', content: 'Done.' }],
      'py/x_task/task7/features_1_2/agent2/patch.diff': '',
    });
    cpSync(
      new URL('../../../../report/src/trials/fixtures/failures', import.meta.url),
      join(logs, 'failures'),
      {
        recursive: true,
      },
    );
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

  /** Returns the ids of the trials of a repository of the prepared failures. */
  async function failures(repo: string): Promise<string[]> {
    const { json } = await new Documents({ logsDir: logs, version: '0.0.0' }).make(urls.run('failures'));
    return (JSON.parse(json) as RunDocument).pairs.flatMap((row) => (row.repo === repo ? [row.id] : []));
  }

  const open = (run: string, id?: string, state: State = {}): Promise<unknown> =>
    page.goto(
      viewer.url + hashOf(id ? { page: 'trial', run, trial: id, state } : { page: 'run', run, state }),
    );

  test.for([390, 960, 1000, 1024, 1440])('the pair of each row is there on %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 844 });
    await open('demo');
    await page.waitForSelector('.pairs tbody tr');
    for (const pair of await page.locator('.pairs tbody .pair a').all()) {
      const box = await pair.boundingBox();
      expect(box?.width).toBeGreaterThan(60);
      expect((box?.x ?? width) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
    }
  });

  test('the filter of the table finds every word that its columns show', async () => {
    await open('demo');
    await page.waitForSelector('.pairs tbody tr');
    const texts = await page.locator('.pairs tbody tr').evaluateAll((rows) =>
      rows.map((row) => {
        const copy = row.cloneNode(true) as Element;
        // A cell, and a flag in it, are words of their own.
        for (const one of copy.querySelectorAll('td, th, .badge')) one.prepend(' ');
        return copy.textContent;
      }),
    );
    const words = [...new Set(texts.flatMap((text) => text.split(/\s+/)))].filter((word) =>
      /[\p{L}\p{N}]/u.test(word),
    );
    expect(words).toEqual(expect.arrayContaining(['(union)', 'clean']));
    for (const word of words) {
      await page.getByLabel('Search').fill(word);
      const expected = texts.filter((text) => text.toLowerCase().includes(word.toLowerCase())).length;
      await expect
        .poll(() => page.locator('.pairs tbody tr').count(), { message: word })
        .toBeGreaterThanOrEqual(expected);
    }
  });

  test('three seats have a colour each, and each its own name', async () => {
    await open('three', manySeats(3));
    const seats = page.locator('.seats tbody th .seat');
    await seats.first().waitFor();
    expect(await seats.allTextContents()).toEqual(['agent1', 'agent2', 'agent3']);
    const colours = await seats.evaluateAll((all) => all.map((one) => getComputedStyle(one).color));
    expect(new Set(colours).size).toBe(3);
  });

  test('each of 36 seats has a mark of its own, at its name and in its lane', async () => {
    await open('many', manySeats(36));
    await page.locator('.lane').nth(35).waitFor();
    const marks = (there: string, ...styles: string[]): Promise<string[]> =>
      page
        .locator(there)
        .evaluateAll(
          (all, names) =>
            all.map((one) => names.map((name) => getComputedStyle(one).getPropertyValue(name)).join(' ')),
          styles,
        );
    const names = await marks('.seats tbody th .seat', 'color', 'text-decoration');
    expect([names.length, new Set(names).size]).toEqual([36, 36]);
    const lanes = await marks('.lane .bar', 'fill', 'stroke', 'stroke-dasharray');
    expect([lanes.length, new Set(lanes).size]).toEqual([36, 36]);
  });

  test('phases are bands, and a seat that hands in nothing has no patch', async () => {
    await open('reviewed', 'review/a_task/1/f1_f2');
    await page.locator('.phase text').first().waitFor();
    expect(await page.locator('.phase text').allTextContents()).toEqual(['1 implement', '2 review']);
    expect(await page.locator('.seats tbody td:nth-of-type(1)').allTextContents()).toEqual([
      ...['implementer · feature 1, feature 2', 'reviewer'],
    ]);
    expect(await page.locator('.seats tbody td:nth-of-type(9)').allTextContents()).toEqual(['5 lines', '']);
  });

  test('a failing test leads to its output, the change that broke it, and the step and seat that wrote it', async () => {
    const [id = ''] = await failures('renamed_function_task');
    addPatch(join(logs, 'failures', id));
    await open('failures', id, { tab: 'tests' });
    const locator = page.locator('.failing li').first();
    await locator.waitFor();
    const texts = (await locator.textContent()) ?? '';
    expect(texts).toContain('finds the next date');
    expect(texts).toContain('rule.parse is not a function');
    expect(texts).toMatch(/src\/\w+\.js:\d+ .* of agent\d/);
    // Its output is below it.
    expect(await page.locator('details', { has: locator }).first().locator('pre').count()).toBeGreaterThan(0);
    await locator.locator('a').first().click();
    await page.waitForSelector('.diff');
    expect(page.url()).toMatch(/tab=diffs&side=agent\d/);
    await page.goBack();
    await locator.getByRole('link', { name: /^step \d/ }).click();
    await page.waitForSelector('.lanes svg');
    expect(page.url()).toMatch(/step=agent\d/);
  });

  test('a seat of the oldest layout, whose end nobody recorded, does not work any more', async () => {
    await open('py', 'coop/x_task/7/f1_f2');
    const locator = page.locator('.seats tbody tr td:nth-of-type(2)');
    await locator.first().waitFor();
    expect(await locator.allTextContents()).toEqual(['not recorded', 'not recorded']);
  });
});

/** Adds the patch of agent2, in which the trace ends, and the step that wrote it, to a prepared failure. */
function addPatch(folder: string): void {
  const line = 'return rule.parse(text);';
  const patch = `diff --git a/src/next.js b/src/next.js\n--- a/src/next.js\n+++ b/src/next.js\n@@ -3,1 +3,2 @@\n one\n+${line}\n`;
  const call = { id: '1', name: 'bash', arguments: { command: `echo "${line}" >> src/next.js` } };
  const verdict = JSON.parse(readFileSync(join(folder, 'eval.json'), 'utf8'));
  write(folder, {
    'agent2.patch': patch,
    'agent2_traj.json': {
      messages: [{ role: 'assistant', content: 'I do it.', timestamp: 1, tool_calls: [call] }],
    },
    'eval.json': { ...verdict, merge: { ...verdict.merge, diff: patch } },
  });
}

/** Returns the files of a run in which one seat implements and another reviews. */
function reviewed(run: string): Readonly<Record<string, unknown>> {
  const time = (second: number): string => new Date(Date.UTC(2026, 10, 1, 0, 0, second)).toISOString();
  const of = (name: string, number: number, seat: string, from: number): object[] => [
    { type: 'phase_started', time: time(from), phase: name, number, seats: [seat] },
    { type: 'seat_started', time: time(from + 1), seat },
    {
      type: 'seat_finished',
      time: time(from + 9),
      seat,
      status: 'Completed',
      steps: 0,
      cost: 0,
      error: null,
    },
    { type: 'phase_finished', time: time(from + 10), phase: name, number },
  ];
  const events = [...of('implement', 1, 'agent1', 0), ...of('review', 2, 'agent2', 10)];
  const done = { status: 'Completed', cost: 0, steps: 0, error: null };
  return {
    [`${run}/review/a_task/1/f1_f2/result.json`]: {
      ...{ setting: 'review', judged: 'single', features: [1, 2], repo: 'a_task', task_id: 1 },
      ...{ started_at: time(0), duration_seconds: 20 },
      agents: {
        agent1: { ...done, role: 'implementer', features: [1, 2], file_stem: 'agent1', patch_lines: 5 },
        agent2: {
          ...done,
          role: 'reviewer',
          features: [],
          file_stem: 'agent2',
          hands_in: false,
          patch_lines: 0,
        },
      },
      phases: [
        { name: 'implement', seats: { agent1: done } },
        { name: 'review', seats: { agent2: done } },
      ],
    },
    [`${run}/review/a_task/1/f1_f2/events.jsonl`]: events.map((event) => JSON.stringify(event)).join('\n'),
  };
}

/** Returns the id of the trial of `moreSeats`. */
function manySeats(count: number): string {
  return `coop/a_task/1/${Array.from({ length: count }, (_, index) => `f${index + 1}`).join('_')}`;
}

/** Returns the pair of the tests with further seats. */
function moreSeats(run: string, count: number): Record<string, unknown> {
  const result = pairFiles['result.json'] as { agents: { agent1: object } };
  const features = Array.from({ length: count }, (_, index) => index + 1);
  const extraArgs = features
    .slice(2)
    .map((id) => ({ ...result.agents.agent1, feature_id: id, file_stem: `agent${id}` }));
  const files = extraArgs.flatMap(({ file_stem: stem }) => [
    [`${stem}.patch`, ''],
    [
      `${stem}_traj.json`,
      { agent_id: 'x', messages: [{ role: 'user', content: 'x', timestamp: startedAt }] },
    ],
  ]);
  const agents = Object.fromEntries(extraArgs.map((seat) => [seat.file_stem, seat]));
  return runFiles(
    run,
    {
      ...pairFiles,
      'result.json': { ...result, features, agents: { ...result.agents, ...agents } },
      ...Object.fromEntries(files),
    },
    manySeats(count),
  );
}
