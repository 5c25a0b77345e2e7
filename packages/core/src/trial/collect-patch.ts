import type { Cancellable } from '../contracts/cancellable.ts';
import type { Workspace } from '../contracts/workspace.ts';
import { runCommand } from '../sandbox/command.ts';

/** Maximum bytes of a patch. Core takes no part of a larger one. */
export const maxPatchBytes: number = 100 * 1024 * 1024;

/**
 * Prints a binary diff of everything that git does not ignore against the base. A second index leaves the agent's own
 * index unchanged. `patch.txt` is not part of the diff, because some agents write their patch there. When the disk is
 * full, perhaps because of a peer, the index and new objects go to memory, so that the seat does not lose its patch.
 */
const program = `
set -u
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
base=$1 scratch= reason=
trap 'rm -rf "$scratch"' EXIT
stage() {
  export GIT_INDEX_FILE="$scratch/index"
  cp "$(git rev-parse --git-path index)" "$GIT_INDEX_FILE" 2> /dev/null || rm -f "$GIT_INDEX_FILE"
  git -c core.hooksPath=/dev/null -c core.autocrlf=false -c core.fsmonitor=false add -A || return
  git cat-file -e "$base:patch.txt" 2> /dev/null || git rm -q --cached --ignore-unmatch patch.txt
}
scratch=$(mktemp -d "\${TMPDIR:-/tmp}/cooperbench.XXXXXX") || exit
if ! reason=$(stage 2>&1); then
  rm -rf "$scratch"
  scratch=$(mktemp -d /dev/shm/cooperbench.XXXXXX 2> /dev/null) &&
    GIT_ALTERNATE_OBJECT_DIRECTORIES=$(git rev-parse --git-path objects 2> /dev/null) &&
    export GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_OBJECT_DIRECTORY="$scratch" &&
    stage > /dev/null 2>&1 || { printf '%s\n' "$reason" >&2; exit 1; }
fi
export GIT_INDEX_FILE="$scratch/index"
git -c core.quotePath=true diff --cached --binary --full-index --no-color --no-ext-diff --no-textconv --no-renames --src-prefix=a/ --dst-prefix=b/ "$base"
`;

export type Collected =
  | { readonly patch: Uint8Array; readonly problem?: undefined }
  | { readonly patch?: undefined; readonly problem: string };

/**
 * Collects a seat's changes to its work tree. A work tree that the agent broke (no `.git`, unreadable files) or a patch
 * over the limit is a `problem`. @throws SandboxError when the sandbox itself is lost.
 */
export async function collectPatch(
  workspace: Workspace,
  base: string,
  { signal }: Cancellable = {},
): Promise<Collected> {
  const result = await runCommand(workspace, ['sh', '-c', program, 'sh', base], {
    signal,
    maxBytes: maxPatchBytes,
  });
  if (result.exitCode !== 0)
    return {
      problem: `no patch could be taken from the work tree: ${result.stderr.toString().trim().slice(-500)}`,
    };
  if (result.truncated) return { problem: `the patch is larger than ${maxPatchBytes} bytes` };
  return { patch: result.stdout };
}

/** Lines a patch adds or removes, as `patch_lines` counts them. */
export function patchLines(patch: Uint8Array): number {
  let count = 0;
  let lineStart = true;
  for (let i = 0; i < patch.length; i += 1) {
    const byte = patch[i];
    if (lineStart && (byte === 0x2b || byte === 0x2d)) {
      const header = patch[i + 1] === byte && patch[i + 2] === byte;
      if (!header) count += 1;
    }
    lineStart = byte === 0x0a;
  }
  return count;
}
