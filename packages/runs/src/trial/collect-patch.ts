import {
  type Cancellable,
  Deadline,
  messageOf,
  runCommand,
  type Sandbox,
  SandboxError,
  untilAborted,
  type Workspace,
} from '@cooperbench/core';
import { maxPatchBytes, type PatchFile } from './patch-file.ts';
import type { BaseRepository } from './prepare-repository.ts';

export const tooLarge: string = `the patch is larger than ${maxPatchBytes} bytes`;

/**
 * Prints a binary diff of the work tree against the base, without ignored files. It uses a repository of its own, which takes
 * only objects, the index and ignored paths from the agent's: no configuration, hook, filter or remote. The agent's index
 * matters because it lists ignored files that the agent added on purpose. `patch.txt` is not part of the diff, because some
 * agents write their patch there, and neither are the paths that are given. When the disk is full, perhaps because of another seat, the repository is in memory, so
 * that the seat does not lose its patch. No file in it may be larger than 1 GiB.
 */
const program = `
set -u
git=$1 base=$2 real=$3 scratch= reason=
shift 3
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 GIT_NO_REPLACE_OBJECTS=1
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
export GIT_WORK_TREE="$PWD" GIT_ALTERNATE_OBJECT_DIRECTORIES="$real/objects"
format=
[ \${#base} = 40 ] || format=--object-format=sha256
ulimit -f 2097152 2> /dev/null
trap 'rm -rf "$scratch"' EXIT
add() { "$git" -c core.autocrlf=false -c core.excludesFile="$real/info/exclude" add -A; }
stage() {
  (unset GIT_WORK_TREE && "$git" init -q --bare --template= $format) || return
  "$git" cat-file -e "$base^{tree}" 2> /dev/null || { echo "$real does not have the base commit"; return 1; }
  [ ! -f "$real/index" ] || cp -p "$real/index" "$GIT_INDEX_FILE"
  add || { rm -f "$GIT_INDEX_FILE" && "$git" read-tree "$base" && add; } || return
  "$git" cat-file -e "$base:patch.txt" 2> /dev/null || "$git" rm -q --cached --ignore-unmatch patch.txt
}
for folder in "\${TMPDIR:-/tmp}" /dev/shm; do
  scratch=$(mktemp -d "$folder/cooperbench.XXXXXX") || continue
  export GIT_DIR="$scratch/repository" GIT_INDEX_FILE="$scratch/index"
  if problem=$(stage 2>&1); then
    "$git" -c core.quotePath=true diff --cached --binary --full-index --no-color --no-ext-diff --no-textconv --no-renames --src-prefix=a/ --dst-prefix=b/ "$base" "$@"
    exit
  fi
  reason=\${reason:-$problem}
  rm -rf "$scratch"
done
printf '%s\\n' "$reason" >&2
exit 1
`;

export type Collected =
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
): Promise<Collected> {
  const pathspecs =
    without.length > 0 ? ['--', '.', ...without.map((path) => `:(exclude,literal)${path}`)] : [];
  const collect = (): Promise<Collected> =>
    collectInTime(sandbox, { ...repository, pathspecs }, newPatch(), limitMs, signal);
  const first = await collect().catch((error: unknown) => {
    if (!sandbox.restart || isFromOutside(error) || signal?.aborted) throw error;
    return { failure: error };
  });
  if ('patch' in first || !sandbox.restart) return first as Collected;
  try {
    using deadline = new Deadline(limitMs, signal, `it did not come back within ${limitMs / 1000} s`);
    await untilAborted(sandbox.restart(), deadline.signal);
    return await collect();
  } catch (error) {
    signal?.throwIfAborted();
    if (isFromOutside(error)) throw error;
    if ('failure' in first) throw first.failure;
    // The sandbox answered before, so the agent's changes are the cause.
    return { problem: `${first.problem}. Its sandbox cannot be used again: ${messageOf(error)}` };
  }
}

function isFromOutside(error: unknown): boolean {
  return SandboxError.is(error) && error.fromOutside;
}

async function collectInTime(
  sandbox: Sandbox,
  repository: Source,
  patch: PatchFile,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<Collected> {
  using deadline = new Deadline(limitMs, signal);
  try {
    return await untilAborted(collect(sandbox, repository, patch, deadline.signal), deadline.signal);
  } catch (error) {
    if (deadline.passed) return { problem: `${noPatchMessage}: git did not end within ${limitMs / 1000} s` };
    throw error;
  }
}

const maxErrorBytes = 64 * 1024;
const noPatchMessage = 'no patch could be taken from the work tree';

async function collect(
  workspace: Workspace,
  { base, git, gitDir, pathspecs }: Source,
  patch: PatchFile,
  signal: AbortSignal,
): Promise<Collected> {
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
