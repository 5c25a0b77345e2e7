import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HubFile, smallDataset, TestHub } from '@cooperbench/testing/hub';
import { onTestFinished } from 'vitest';
import type { PrepareEvent } from './events.ts';
import { type PrepareOptions, prepare } from './prepare.ts';

export function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'cooperbench-prepare-')));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

export function prepareFrom(
  hub: { readonly url: string },
  directory: string,
  options: Partial<PrepareOptions> & { readonly token?: string; readonly events?: PrepareEvent[] } = {},
): ReturnType<typeof prepare> {
  const { token, events = [], ...rest } = options;
  return prepare({
    hub: { endpoint: hub.url, token },
    revision: 'main',
    directory,
    force: false,
    concurrency: 8,
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    backoffMs: 1,
    ...rest,
  });
}

export async function startHub(files: readonly HubFile[] = smallDataset): Promise<TestHub> {
  const hub = await TestHub.start(files);
  onTestFinished(() => hub[Symbol.asyncDispose]());
  return hub;
}
