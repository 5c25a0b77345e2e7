import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { TransformStream } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';
import type { SandboxProcess, Workspace } from '../contracts/workspace.ts';
import { lines } from './lines.ts';

/** What is run in a sandbox from an input directory to a result directory. */
export interface Job {
  /** POSIX sh; its arguments are `input`, `result` and the repository, its input a line with the mark for its output. */
  readonly program: string;
  readonly input: string;
  readonly result: string;
  /** By name in the input directory. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Bytes to fetch of each file of the result directory; of a longer one the beginning and the end. */
  readonly wanted: ReadonlyMap<string, number>;
}

/** What came back, so far. */
export interface Report {
  /** Lines that began with the mark, without it. */
  readonly said: string[];
  /** Of the wanted files those that were there. */
  readonly fetched: Map<string, Buffer>;
}

/** Why a job did not get to its end. */
export interface EarlyEnd {
  readonly exitCode: number;
  readonly stderr: string;
}

/**
 * A thin layer around a job, because each exec takes as long as a short test run: one exec takes the files in, runs the
 * program and takes the results out. Arguments: input directory, result directory, repository, program, then NAME BYTES
 * of each wanted file. Input: the mark, then `NAME BYTES` and so many bytes for each file, then an empty line. Output:
 * what the program says, `MARK file NAME BASE64` for each wanted file that is there, `MARK end`.
 *
 * It reads with `dd`, because busybox's `head` takes more than it was told to.
 */
const carrier = `
in=$1 out=$2 repo=$3 program=$4
shift 4
give_up() { echo "$*" >&2; exit 70; }
take() {
  if [ "$1" -ge 65536 ]; then dd bs=65536 count=$(($1 / 65536)) iflag=fullblock 2> /dev/null || return; fi
  if [ $(($1 % 65536)) -gt 0 ]; then dd bs=$(($1 % 65536)) count=1 iflag=fullblock 2> /dev/null; fi
}
read -r mark && mkdir -p "$in" || give_up "cannot make $in"
while read -r name bytes && [ -n "$name" ]; do
  take "$bytes" > "$in/$name" || give_up "cannot write $in/$name"
done
printf '%s\\n' "$mark" | sh -c "$program" sh "$in" "$out" "$repo"
code=$?
some() {
  if [ "$(wc -c < "$1")" -le "$2" ]; then cat "$1"; else head -c "$(($2 / 2))" "$1"; echo; tail -c "$(($2 / 2))" "$1"; fi
}
while [ $# -gt 0 ]; do
  if [ -f "$out/$1" ]; then
    printf '%s file %s ' "$mark" "$1"
    some "$out/$1" "$2" | base64 | tr -d '\\n'
    echo
  fi
  shift 2
done
[ $code = 0 ] || exit $code
printf '%s end\\n' "$mark"
`;

/** How long a job that said it is done may take to end. */
const lastMs = 1000;
const keptStderr = 2000;

/**
 * Runs a job and writes down what comes back as it comes. Resolves with undefined once it is done, whoever holds its
 * output open. @throws the signal's reason, and SandboxErrors.
 */
export async function carryOut(
  workspace: Workspace,
  job: Job,
  report: Report,
  signal: AbortSignal,
): Promise<EarlyEnd | undefined> {
  const wanted = [...job.wanted].flatMap(([name, bytes]) => [name, String(bytes)]);
  const argv = ['sh', '-c', carrier, 'sh', job.input, job.result, workspace.repoDir, job.program, ...wanted];
  const process = await workspace.exec(argv, { signal });
  const exited = process.wait();
  exited.catch(() => {});
  const mark = randomUUID();
  void send(process, mark, job.files);
  const complaint = lastWords(process);
  // Code under test may keep the output open past any end of the process.
  const stdout = process.stdout.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal });
  const longest = Math.max(4096, ...job.wanted.values());
  for await (const line of lines(stdout, 2 * longest)) {
    if (!line.startsWith(`${mark} `)) continue;
    const said = line.slice(mark.length + 1);
    if (said === 'end') {
      const timer = new AbortController();
      const late = delay(lastMs, undefined, { signal: timer.signal }).catch(() => {});
      await Promise.race([exited.catch(() => {}), late]);
      timer.abort();
      return undefined;
    }
    const [, name, content] = /^file (\S+) (\S*)$/.exec(said) ?? [];
    if (name === undefined) report.said.push(said);
    else report.fetched.set(name, Buffer.from(content ?? '', 'base64'));
  }
  return { exitCode: await exited, stderr: await complaint };
}

async function send({ stdin }: SandboxProcess, mark: string, files: Job['files']): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(Buffer.from(`${mark}\n`));
    for (const [name, content] of files) {
      const bytes = Buffer.from(content as string);
      await writer.write(Buffer.from(`${name} ${bytes.length}\n`));
      if (bytes.length > 0) await writer.write(bytes);
    }
    await writer.write(Buffer.from('\n'));
    await writer.close();
  } catch {
    // The process ended without reading its input; its exit code says what that means.
  }
}

async function lastWords({ stderr }: SandboxProcess): Promise<string> {
  let kept = '';
  try {
    for await (const bytes of stderr) kept = `${kept}${Buffer.from(bytes)}`.slice(-keptStderr);
  } catch {
    // The process says by its exit code how it ended.
  }
  return kept.trim();
}
