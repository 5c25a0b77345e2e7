import { readFileSync } from 'node:fs';
import {
  type Cancellable,
  Deadline,
  getMessage,
  runCommand,
  type Sandbox,
  SandboxError,
  untilAborted,
  type Workspace,
} from '@cooperbench/core';
import { maxPatchBytes, type PatchFile } from './patch-file.ts';
import type { BaseRepository } from './prepare-repository.ts';

export const tooLarge: string = `the patch is larger than ${maxPatchBytes} bytes`;

const program = readFileSync(new URL('../../src/trial/collect-patch.sh', import.meta.url), 'utf8');

export type CollectedPatch =
  | { readonly patch: PatchFile; readonly problem?: undefined }
  | { readonly patch?: undefined; readonly problem: string };

export interface CollectOptions extends Cancellable {
  /** Paths that do not belong to the patch. */
  readonly without?: readonly string[] | undefined;
}

type Source = BaseRepository & { readonly pathspecs: readonly string[] };

/**
 * Collects a seat's changes to its work tree. Damage by the agent is a `problem`: a work tree without `.git`, files that block
 * their reader, a patch that is too large. When the first attempt fails, restarts the sandbox, which ends all processes that the
 * agent left running, and tries once more. `limitMs`: for each of these three. @throws SandboxError when no process can be
 * started in the sandbox, even after the restart; the signal's reason.
 */
export async function collectPatch(
  sandbox: Sandbox,
  repository: BaseRepository,
  newPatch: () => PatchFile,
  limitMs: number,
  { signal, without = [] }: CollectOptions = {},
): Promise<CollectedPatch> {
  const pathspecs =
    without.length > 0 ? ['--', '.', ...without.map((path) => `:(exclude,literal)${path}`)] : [];
  const collect = (): Promise<CollectedPatch> =>
    collectInTime(sandbox, { ...repository, pathspecs }, newPatch, limitMs, signal);
  const first = await collect().catch((error: unknown) => {
    if (!sandbox.restart || isFromOutside(error) || signal?.aborted) throw error;
    return { failure: error };
  });
  if ('patch' in first || !sandbox.restart) return first as CollectedPatch;
  try {
    using deadline = new Deadline(limitMs, signal, `it did not come back within ${limitMs / 1000} s`);
    await untilAborted(sandbox.restart(), deadline.signal);
    return await collect();
  } catch (error) {
    signal?.throwIfAborted();
    if (isFromOutside(error)) throw error;
    if ('failure' in first) throw first.failure;
    // The sandbox answered before, so the agent's changes are the cause.
    return { problem: `${first.problem}. Its sandbox cannot be used again: ${getMessage(error)}` };
  }
}

function isFromOutside(error: unknown): boolean {
  return SandboxError.is(error) && error.fromOutside;
}

/** A network that is away is waited for, because the seat's work is paid. */
const awayMs = 15 * 60_000;

async function collectInTime(
  sandbox: Sandbox,
  repository: Source,
  newPatch: () => PatchFile,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<CollectedPatch> {
  for (const untilMs = performance.now() + awayMs; ; ) {
    using deadline = new Deadline(limitMs, signal);
    const startMs = performance.now();
    try {
      return await untilAborted(collect(sandbox, repository, newPatch(), deadline.signal), deadline.signal);
    } catch (error) {
      if (!deadline.passed) throw error;
      const cause = await sandbox.interruption?.(startMs);
      if (!cause) return { problem: `${noPatchMessage}: git did not end within ${limitMs / 1000} s` };
      if (performance.now() >= untilMs) throw cause;
    }
  }
}

const maxErrorBytes = 64 * 1024;
const noPatchMessage = 'no patch could be taken from the work tree';

async function collect(
  workspace: Workspace,
  { base, git, gitDir, pathspecs }: Source,
  patch: PatchFile,
  signal: AbortSignal,
): Promise<CollectedPatch> {
  const argv = ['sh', '-c', program, 'sh', git, base, gitDir, ...pathspecs];
  try {
    const onStdout = (bytes: Uint8Array): Promise<void> => patch.add(bytes);
    const result = await runCommand(workspace, argv, { signal, maxBytes: maxErrorBytes, onStdout });
    if (result.exitCode !== 0)
      return { problem: `${noPatchMessage}: ${result.stderr.toString().trim().slice(-500)}` };
    return patch.isTooLarge ? { problem: tooLarge } : { patch };
  } finally {
    await patch.close();
  }
}
