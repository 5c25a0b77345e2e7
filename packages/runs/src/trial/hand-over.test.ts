import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workspace } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { applyChanges, readHandedOver } from './hand-over.ts';
import { PatchFile } from './patch-file.ts';

/** A sandbox whose commands end only when they are aborted. */
function hangingWorkspace(): { readonly workspace: Workspace; readonly started: string[] } {
  const started: string[] = [];
  const exec: Workspace['exec'] = async (argv, options) => {
    started.push(argv.at(-1) ?? '');
    const aborted = Promise.withResolvers<number>();
    options?.signal?.addEventListener('abort', () => aborted.reject(options.signal?.reason));
    const output = () => new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
    return {
      ...{ stdin: new WritableStream(), stdout: output(), stderr: output() },
      ...{ wait: () => aborted.promise, kill: async () => {} },
    } as Awaited<ReturnType<Workspace['exec']>>;
  };
  return { workspace: { exec } as Workspace, started };
}

const { signal } = new AbortController();

test('changes that take too long do not apply: their agent must not void its trial', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cooperbench-hand-over-'));
  try {
    const changes = new PatchFile(join(directory, 'patch'));
    await changes.add(Buffer.from('slow'));
    await changes.close();
    const repository = { base: '', git: 'git', gitDir: '' };
    const { workspace } = hangingWorkspace();
    expect(await applyChanges(workspace, repository, changes, 20, signal)).toBe(false);
    const stop = new AbortController();
    const applying = applyChanges(workspace, repository, changes, 60_000, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(applying).rejects.toThrow('stopped');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('all files that a seat hands over have one time', async () => {
  const { workspace, started } = hangingWorkspace();
  expect(await readHandedOver(workspace, ['a', 'b'], 20, signal)).toEqual(new Map());
  expect(started).toHaveLength(1);
});
