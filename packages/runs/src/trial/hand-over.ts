import { Deadline, runCommand, untilAborted, type Workspace } from '@cooperbench/core';
import type { PatchFile } from './patch-file.ts';
import type { BaseRepository } from './prepare-repository.ts';

/** Maximum bytes of a file that a seat hands over. */
export const maxHandedOverBytes: number = 64 * 1024;

/**
 * Applies a patch from standard input to a clean work tree and stages it. First tries it on a copy of the index, so that a patch
 * that does not apply changes nothing. A patch contains the files that the image has beside the commit, so these go before.
 */
const applyProgram = `
set -u
git=$1
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
scratch=$(mktemp -d "\${TMPDIR:-/tmp}/cooperbench.XXXXXX") || exit
trap 'rm -rf "$scratch"' EXIT
cat > "$scratch/patch" || exit
GIT_INDEX_FILE="$scratch/index" "$git" read-tree HEAD || exit
GIT_INDEX_FILE="$scratch/index" "$git" apply --cached --binary --whitespace=nowarn "$scratch/patch" || exit
"$git" reset -q --hard && "$git" clean -qfd || exit
"$git" -c core.autocrlf=false apply --index --binary --whitespace=nowarn "$scratch/patch"
`;

/**
 * Makes the work tree what it was when the patch was taken from it, in another sandbox. Resolves with false when the patch does
 * not apply in time: an agent may hand in anything. @throws SandboxError; the signal's reason.
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
    changes.throwFailure();
    return exitCode === 0;
  } catch (error) {
    if (!deadline.passed) throw error;
    return false;
  }
}

/** Prints the beginning of a file of the work tree. Fails for a link, and for a path that leads through one. */
const readProgram = `
path=$1 max=$2 part=.
for name in $(printf '%s' "$path" | tr '/' ' '); do
  part=$part/$name
  [ ! -L "$part" ] || exit 1
done
[ -f "$path" ] && head -c "$max" < "$path"
`;

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
    const reading = runCommand(workspace, argv, { signal: deadline.signal, maxBytes: maxHandedOverBytes });
    const result = await untilAborted(reading, deadline.signal).catch((error: unknown) => {
      if (!deadline.passed) throw error;
      return undefined;
    });
    if (!result) break;
    if (result.exitCode === 0) files.set(path, result.stdout.toString('utf8'));
  }
  return files;
}
