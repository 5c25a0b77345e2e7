import { jobCommand } from './job-stream.ts';
import { shellCommand } from './shell-command.ts';

/** The values that all tasks of a batch share. */
export interface TaskScript {
  readonly batch: string;
  readonly image: string;
  readonly program: string;
  /** `keptLines` of the jobs. */
  readonly keptLines?: string | undefined;
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

/**
 * Returns the script that a machine of a batch engine runs for a task, as root and with Docker. It reads the object
 * `BATCH-INDEX.input`: a line `SECONDS BYTES NAME LIMIT…` (the job's time limit, its output limit and the outputs), then
 * the job's standard input. It writes the object `BATCH-INDEX.result`: a line `EXIT_CODE STDERR_IN_BASE64`, then the job's
 * standard output.
 *
 * The script fails only when the machine is at fault. The container cannot see the objects, and cannot prevent its result
 * from being written by printing much or filling a disk. A task that runs again after its result exists does nothing.
 */
export function taskScript({ image, program, keptLines, network, input, repo, ...task }: TaskScript): string {
  const options = ['--name=cooperbench', '--init', '--interactive', '--log-driver=none', '--pids-limit=2048'];
  const job = { program, keptLines, outputs: new Map() };
  const command = jobCommand(job, { input, result: `${input}/results`, repo });
  const rest = [...options, `--network=${network}`, '--entrypoint=', image, ...command];
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
run() {
  timeout -k 10 "$seconds" docker run --memory="$memory" --memory-swap="$memory" ${shellCommand(rest)} $outputs
  echo $? > "$work/code"
}
{
  read -r seconds bytes outputs || exit 1
  { run 2>&1 >&3 3>&- | tail -c 2000 > "$work/stderr"; } 3>&1 | head -c "$bytes" > "$work/stdout"
} < "$task.input"
case $(docker inspect --format '{{.State.StartedAt}}' cooperbench) in
  '' | 0001-*) cat "$work/stderr" >&2; exit 1 ;;
esac
remove
{ echo "$(cat "$work/code") $(base64 < "$work/stderr" | tr -d '\\n')"; cat "$work/stdout"; } > "$work/result" &&
  cp "$work/result" "$task.result"
`;
}
