import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workspace } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { applyChanges, readHandedOver } from './hand-over.ts';
import { PatchFile } from './patch-file.ts';

/** Returns a sandbox whose commands end only when they are aborted. */
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

test('changes reach the sandbox in pieces, and a disk that fails is not the doing of their agent', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cooperbench-hand-over-'));
  try {
    const changes = new PatchFile(join(directory, 'patch'));
    await changes.add(Buffer.alloc(1_000_000, 'x'));
    await changes.close();
    const sizes: number[] = [];
    const output = () => new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
    const exec = async () => {
      const ended = Promise.withResolvers<number>();
      const stdin = new WritableStream<Uint8Array>({
        write: ({ length }) => void sizes.push(length),
        close: () => ended.resolve(sizes.reduce((sum, size) => sum + size, 0) === 1_000_000 ? 0 : 1),
      });
      return { stdin, stdout: output(), stderr: output(), wait: () => ended.promise, kill: async () => {} };
    };
    const workspace = { exec } as unknown as Workspace;
    const repository = { base: '', git: 'git', gitDir: '' };
    expect(await applyChanges(workspace, repository, changes, 60_000, signal)).toBe(true);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    rmSync(join(directory, 'patch'));
    const { workspace: hanging } = hangingWorkspace();
    // A program that waits for the rest of its input does not keep the seat.
    const applying = applyChanges(hanging, repository, changes, 60_000, signal);
    await expect(applying).rejects.toThrow('ENOENT');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('all files that a seat hands over have one time', async () => {
  const { workspace, started } = hangingWorkspace();
  expect(await readHandedOver(workspace, ['a', 'b'], 20, signal)).toEqual(new Map());
  expect(started).toHaveLength(1);
});
