import { Buffer } from 'node:buffer';
import type { FileContent, Job } from '../contracts/jobs.ts';
import type { Workspace } from '../contracts/workspace.ts';
import { lines } from './lines.ts';

/**
 * Wraps a job's program: one process receives the files, runs the program, returns the results and becomes the first step.
 * Separate execs would each take as long as a short test run.
 *
 * Arguments: input directory, result directory, repository, program, program of steps, then NAME BYTES of each output.
 * Input: the mark, then for each file a line `NAME BYTES` and its bytes, then an empty line. Then the name of a step, and its
 * input; or nothing.
 * Output: the output of the program, `MARK file NAME BASE64` for each output that exists, `MARK end`. The result directory goes.
 * What the step prints follows. On standard error, a line with the mark comes before it.
 *
 * It reads with `dd`, because busybox's `head` reads past the bytes that it prints.
 */
const layer = `
in=$1 out=$2 repo=$3 program=$4 step_program=$5
shift 5
give_up() { echo "$*" >&2; exit 70; }
take() {
  if [ "$1" -ge 65536 ]; then dd bs=65536 count=$(($1 / 65536)) iflag=fullblock 2> /dev/null || return; fi
  if [ $(($1 % 65536)) -gt 0 ]; then dd bs=$(($1 % 65536)) count=1 iflag=fullblock 2> /dev/null; fi
}
read -r mark && { [ -d "$in" ] || mkdir -p "$in"; } || give_up "cannot make $in"
while read -r name bytes && [ -n "$name" ]; do
  take "$bytes" > "$in/$name" || give_up "cannot write $in/$name"
done
printf '%s\\n' "$mark" | sh -c "$program" sh "$in" "$out" "$repo"
code=$?
encode() {
  size=$(wc -c < "$1")
  if [ "$size" -le "$2" ]; then base64 "$1"; return; fi
  each=$(($2 / 2))
  { head -c "$each" "$1"; echo; tail -c "$each" "$1"; } | base64
}
while [ $# -gt 0 ]; do
  if [ -f "$out/$1" ]; then
    printf '%s file %s ' "$mark" "$1"
    encode "$out/$1" "$2" | tr -d '\\n'
    echo
  fi
  shift 2
done
rm -rf "$out"
[ $code = 0 ] || exit $code
printf '%s end\\n' "$mark"
read -r step || exit 0
echo "$mark" >&2
exec sh -c "$step_program" sh "$in" "$out" "$repo" "$step"
`;

/** The directories of a job's files in its sandbox. */
export interface JobFolders {
  readonly input: string;
  readonly result: string;
  readonly repo: string;
}

export function foldersOf({
  patchesDir: input,
  repoDir: repo,
}: Pick<Workspace, 'patchesDir' | 'repoDir'>): JobFolders {
  return { input, result: `${input}/results`, repo };
}

/**
 * Returns the command that runs a job. It reads `jobInput` and prints what `readJobOutput` parses. Needs sh and coreutils or
 * busybox.
 */
export function jobCommand(
  { program, stepProgram = '', outputs }: Pick<Job, 'program' | 'stepProgram' | 'outputs'>,
  { input, result, repo }: JobFolders,
): string[] {
  const limits = [...outputs].flatMap(([name, bytes]) => [name, String(bytes)]);
  return ['sh', '-c', layer, 'sh', input, result, repo, program, stepProgram, ...limits];
}

/** Returns the command that runs a step of a job. */
export function stepCommand(
  { stepProgram = '' }: Pick<Job, 'stepProgram'>,
  { input, result, repo }: JobFolders,
  step: string,
): string[] {
  return ['sh', '-c', stepProgram, 'sh', input, result, repo, step];
}

/** Reads the content of a job's file in pieces. */
export function* readContent(content: FileContent): Generator<Uint8Array> {
  if (typeof content === 'string') yield Buffer.from(content);
  else if ('read' in content) yield* content.read();
  else if (content.length > 0) yield content;
}

/** Returns the standard input of a job's command. `mark` is a word made for this job, which code in the sandbox cannot guess. */
export function* jobInput(
  mark: string,
  files: Iterable<readonly [string, FileContent]>,
): Generator<Uint8Array> {
  yield Buffer.from(`${mark}\n`);
  for (const [name, content] of files) {
    const file = typeof content === 'string' ? Buffer.from(content) : content;
    yield Buffer.from(`${name} ${file.length}\n`);
    yield* readContent(file);
  }
  yield Buffer.from('\n');
}

/** The output of a job so far. */
export interface JobOutput {
  readonly markedLines: string[];
  readonly outputFiles: Map<string, Uint8Array>;
}

/**
 * Reads a job's standard output into `output` as it arrives. Resolves with true at the job's last line, even when some process
 * holds the stream open. Resolves with false when the stream ends before that line.
 */
export async function readJobOutput(
  stdout: AsyncIterable<Uint8Array>,
  mark: string,
  outputs: Job['outputs'],
  output: JobOutput,
): Promise<boolean> {
  const longest = Math.max(4096, ...outputs.values());
  for await (const line of lines(stdout, 2 * longest)) {
    if (!line.startsWith(`${mark} `)) continue;
    const said = line.slice(mark.length + 1);
    if (said === 'end') return true;
    const [, name, content = ''] = /^file (\S+) (\S*)$/.exec(said) ?? [];
    if (name === undefined) output.markedLines.push(said);
    else if (outputs.has(name) && !output.outputFiles.has(name))
      output.outputFiles.set(name, Buffer.from(content, 'base64'));
  }
  return false;
}
