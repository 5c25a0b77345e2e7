import { runCommand, type Workspace } from '@cooperbench/core';

const maxPatchBytes = 64 * 1024 * 1024;
const name = 'patch.txt';

/** Returns whether the base commit contains a patch.txt, which then is not the agent's patch. */
export async function isTracked(workspace: Workspace, signal: AbortSignal): Promise<boolean> {
  const lookup = await runCommand(workspace, ['git', 'cat-file', '-e', `HEAD:${name}`], { signal });
  return lookup.exitCode === 0;
}

/**
 * Reads the bytes of a regular, non-empty `patch.txt` in the repository. Returns undefined if there is none, or it is over 64
 * MiB.
 */
export async function readPatchFile(
  workspace: Workspace,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  // readFile could wait forever, because the agent may have left a pipe or a device there.
  const command = `test -f ${name} && head -c ${maxPatchBytes + 1} ${name}`;
  const readResult = await runCommand(workspace, ['sh', '-c', command], {
    signal,
    maxBytes: maxPatchBytes + 1,
  });
  const { length } = readResult.stdout;
  return readResult.exitCode === 0 && length > 0 && length <= maxPatchBytes ? readResult.stdout : undefined;
}
