import { readFileSync } from 'node:fs';
import { jobCommand, keptLines, keptOutput, maxOutput, stepCommand } from '@cooperbench/core';
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

const script = readFileSync(new URL('../../src/images/batch-task.sh', import.meta.url), 'utf8');

/** The container's own process, which does nothing: the program and each step are execs, whose exit codes Docker reports. */
const idleCommand = 'while sleep 3600; do :; done';

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
export function getTaskScript({
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
  const container = [...options, `--network=${network}`, '--entrypoint=', image, 'sh', '-c', idleCommand];
  return `#!/bin/sh
objects=${shellCommand([task.objects])} task=${shellCommand([task.batch])}-${task.index}
kept_output=${keptOutput} most_output=${maxOutput} kept_lines=${shellCommand([keptLines])}
protect() {
${task.protect}
}
run_container() { docker run "$@" ${shellCommand(container)}; }
run_program() { limited "$1" "$2" ${prepare} $outputs; }
run_step() { limited "$1" "$2" ${step} "$3"; }
${script}`;
}
