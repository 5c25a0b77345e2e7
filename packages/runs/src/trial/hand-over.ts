import { readFileSync } from 'node:fs';
import { Deadline, runCommand, untilAborted, type Workspace } from '@cooperbench/core';
import type { PatchFile } from './patch-file.ts';
import type { BaseRepository } from './prepare-repository.ts';

/** Maximum bytes of a file that a seat hands over. */
export const maxHandedOverBytes: number = 64 * 1024;

const applyProgram = readFileSync(new URL('../../src/trial/apply-changes.sh', import.meta.url), 'utf8');
const readProgram = readFileSync(new URL('../../src/trial/read-handed-over.sh', import.meta.url), 'utf8');

/**
 * Makes the work tree what it was when the patch was taken from it, in another sandbox. Resolves with false when the patch does
 * not apply in time: an agent may hand in anything. @throws SandboxError; HostFileError; the signal's reason.
 */
export async function applyChanges(
  workspace: Workspace,
  { git }: BaseRepository,
  changes: PatchFile,
  limitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  changes.throwFailure();
  if (changes.facts.patch_bytes === 0) return true;
  using deadline = new Deadline(limitMs, signal);
  const argv = ['sh', '-c', applyProgram, 'sh', git];
  const applying = runCommand(workspace, argv, {
    signal: deadline.signal,
    stdin: changes.pieces(),
  });
  try {
    const { exitCode } = await untilAborted(applying, deadline.signal);
    return exitCode === 0;
  } catch (error) {
    if (!deadline.passed) throw error;
    return false;
  }
}

/**
 * Reads files that a seat hands over. Leaves out those that it cannot read in time: an agent may have replaced any of them.
 * `limitMs`: for all together. @throws SandboxError; the signal's reason.
 */
export async function readHandedOver(
  workspace: Workspace,
  paths: readonly string[],
  limitMs: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  using deadline = new Deadline(limitMs, signal);
  for (const path of paths) {
    const argv = ['sh', '-c', readProgram, 'sh', path, String(maxHandedOverBytes)];
    const pendingResult = runCommand(workspace, argv, {
      signal: deadline.signal,
      maxBytes: maxHandedOverBytes,
    });
    const result = await untilAborted(pendingResult, deadline.signal).catch((error: unknown) => {
      if (!deadline.passed) throw error;
      return undefined;
    });
    if (!result) break;
    if (result.exitCode === 0) files.set(path, result.stdout.toString('utf8'));
  }
  return files;
}
