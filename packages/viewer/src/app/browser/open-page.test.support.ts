import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Page, Request } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

/** As long as `expect.poll` waits. Playwright's 30 seconds are too short for a machine that is busy. */
const timeoutMs = 120_000;

/**
 * Opens a page in a context of its own, until the test ends. What the page complains about fails the test. When the test fails,
 * says what the page shows, and which requests did not end well.
 */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = { viewport: { width: 1440, height: 900 } },
): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(timeoutMs);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests = new Map<Request, string>();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('crash', () => complaints.push('The page crashed.'));
  page.on('request', (request) => requests.set(request, 'no answer'));
  page.on('requestfailed', (request) => requests.set(request, request.failure()?.errorText ?? 'failed'));
  page.on('requestfinished', (request) => requests.delete(request));
  // The hook that is added last runs first.
  onTestFinished(() => context.close());
  onTestFinished(() => expect(complaints).toEqual([]));
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    const shownText = await Promise.race([page.content().catch(String), delay(5000, 'nothing within 5 s')]);
    const open = [...requests].map(([request, state]) => `${state}: ${request.url()}`);
    console.error([`${page.url()} shows`, shownText.slice(0, 20_000), ...open, ...complaints].join('\n'));
  });
  return page;
}
