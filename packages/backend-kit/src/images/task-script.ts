import { jobCommand, keptLines, keptOutput, mostOutput, stepCommand } from '@cooperbench/core';
import { shellCommand } from '../sandbox/shell-command.ts';

/** The values that all tasks of a batch share. */
export interface TaskScript {
  readonly batch: string;
  readonly image: string;
  readonly program: string;
  readonly stepProgram?: string | undefined;
  /** Directories in the container. */
  readonly input: string;
  readonly repo: string;
  /** The directory of the session's objects on the machine. */
  readonly objects: string;
  /** A shell expression for the index of the task. */
  readonly index: string;
  /** POSIX sh that keeps containers away from resources of the machine, such as its credentials. */
  readonly protect: string;
  /** A network of Docker, such as `bridge`. */
  readonly network: string;
}

/** The container's own process, which does nothing: the program and each step are execs, whose exit codes Docker reports. */
const idle = 'while sleep 3600; do :; done';

/**
 * Returns the script that a machine of a batch engine runs for a task, as root and with Docker. It reads the object
 * `BATCH-INDEX.input`: a line `SECONDS BYTES NAME LIMIT…` (the time limit of the job's program, its output limit and the
 * outputs), a line `MARK STEP:STDIN:SECONDS:AFTER…` (AFTER is `success`, `failure` or empty), then the program's standard input. It writes the object
 * `BATCH-INDEX.result`: a line `EXIT_CODE BYTES STDERR`, then the program's standard output, then for each step a line
 * `STEP EXIT_CODE SECONDS ENDED_FOR BYTES STDERR` and its output; `lost` at the end says that the container ended. STDERR is
 * in base64.
 *
 * The script fails only when the machine is at fault. The container cannot see the objects, and cannot prevent its result
 * from being written by printing much or filling a disk. A task that runs again after its result exists does nothing.
 */
export function taskScript({
  image,
  program,
  stepProgram,
  network,
  input,
  repo,
  ...task
}: TaskScript): string {
  const options = ['--name=cooperbench', '--init', '--detach', '--log-driver=none', '--pids-limit=2048'];
  const folders = { input, result: `${input}/results`, repo };
  const prepare = shellCommand(jobCommand({ program, outputs: new Map() }, folders));
  const step = shellCommand(stepCommand({ stepProgram }, folders, '').slice(0, -1));
  const container = [...options, `--network=${network}`, '--entrypoint=', image, 'sh', '-c', idle];
  const quarter = keptOutput / 4;
  return `#!/bin/sh
set -u
cd ${task.objects} || exit 1
task=${task.batch}-${task.index}
[ -e "$task.input" ] && [ ! -e "$task.result" ] || exit 0
work=$(mktemp -d) || exit 1
remove() { docker rm --force --volumes cooperbench > /dev/null 2>&1; }
trap 'remove; rm -rf "$work"' EXIT
remove
${task.protect}
memory=$(($(sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo) - 524288))k
docker run --memory="$memory" --memory-swap="$memory" ${shellCommand(container)} > /dev/null 2> "$work/stderr" ||
  { cat "$work/stderr" >&2; exit 1; }

# limited SECONDS BYTES COMMAND...: runs a command in the container. Leaves its exit code, output and the end of its errors in
# $work, and ends with its processes when it is past a limit. Sets $seconds and $ended.
limited() {
  limit=$1 bytes=$2
  shift 2
  started=$(date +%s)
  { { timeout -k 10 "$limit" docker exec --interactive cooperbench "$@" 2>&1 >&3 3>&-; echo $? > "$work/code"; } |
    tail -c 2000 > "$work/stderr"; } 3>&1 | head -c "$bytes" > "$work/output"
  seconds=$(($(date +%s) - started)) ended=-
  code=$(cat "$work/code") size=$(($(wc -c < "$work/output")))
  [ "$seconds" -lt "$limit" ] || ended=time
  [ "$size" -lt "$bytes" ] || ended=output
  # The command's processes outlive docker exec.
  [ $ended = - ] || docker restart --time 0 cooperbench > /dev/null 2>&1
}
encoded() { base64 < "$1" | tr -d '\\n'; }
shorten() {
  if [ "$size" -le ${keptOutput} ]; then cat "$work/output"; return; fi
  head -c ${quarter} "$work/output"
  echo
  tail -c +${quarter + 1} "$work/output" | head -c $((size - ${2 * quarter})) | tr -d '\\000' | LC_ALL=C grep -E -e ${shellCommand([keptLines])} | head -c ${2 * quarter}
  echo
  tail -c ${quarter} "$work/output"
}

{
  read -r seconds bytes outputs && read -r mark steps || exit 1
  limited "$seconds" "$bytes" ${prepare} $outputs
} < "$task.input"
mv "$work/output" "$work/program"
echo "$code $size $(encoded "$work/stderr")" > "$work/head"
[ "$code" = 0 ] || steps=
# Whether some step failed, and whether the last one did.
failed= last=
: > "$work/steps"
for one in $steps; do
  name=\${one%%:*} rest=\${one#*:}
  stdin=\${rest%%:*} rest=\${rest#*:}
  limit=\${rest%:*} after=\${rest##*:}
  before=$last last=
  case $after in success) [ -z "$failed" ] || continue ;; failure) [ -n "$before" ] || continue ;; esac
  grep -q "^$mark file $stdin " "$work/program" || continue
  sed -n "s/^$mark file $stdin //p" "$work/program" | head -n 1 | base64 -d > "$work/stdin"
  limited "$limit" ${mostOutput} ${step} "$name" < "$work/stdin"
  [ "$code" = 0 ] && [ $ended = - ] || failed=yes last=yes
  # A container that has ended is its own doing.
  if [ "$(docker inspect --format '{{.State.Running}}' cooperbench)" != true ]; then echo lost >> "$work/steps"; break; fi
  shorten > "$work/kept"
  { echo "$name $code $seconds $ended $(($(wc -c < "$work/kept"))) $(encoded "$work/stderr")"; cat "$work/kept"; } >> "$work/steps"
done
remove
cat "$work/head" "$work/program" "$work/steps" > "$work/result" && cp "$work/result" "$task.result"
`;
}
