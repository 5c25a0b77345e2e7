import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { FileContent, Job } from '../contracts/jobs.ts';
import type { Workspace } from '../contracts/workspace.ts';
import { lines } from './lines.ts';

const wrapper = readFileSync(new URL('../../src/sandbox/job.sh', import.meta.url), 'utf8');

/** Maximum length of a file that the script writes, and of all of them, which the shell has in memory. */
const maxScripted = { file: 16 * 1024, all: 48 * 1024 };

/** The directories of a job's files in its sandbox. */
export interface JobFolders {
  readonly input: string;
  readonly result: string;
  readonly repo: string;
}

/** Builds the directories of a job's sandbox: inputs, results and repository, as absolute paths in it. */
export function buildFolders({
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
  return ['sh', '-c', wrapper, 'sh', input, result, repo, program, stepProgram, ...limits];
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
  let script = '';
  const otherFiles: [string, Exclude<FileContent, string>][] = [];
  for (const [name, content] of files) {
    const command = findScriptFile(name, content);
    if (command !== undefined && script.length + command.length <= maxScripted.all) script += command;
    else otherFiles.push([name, typeof content === 'string' ? Buffer.from(content) : content]);
  }
  script += ':\n';
  yield Buffer.from(`${script.length}\n${script}`);
  for (const [name, content] of otherFiles) {
    yield Buffer.from(`${name} ${content.length}\n`);
    yield* readContent(content);
  }
  yield Buffer.from('\n');
}

/** Returns the command of sh that writes a file. Returns undefined if it is long, or has bytes that a shell may change. */
function findScriptFile(name: string, content: FileContent): string | undefined {
  if (content.length > maxScripted.file) return undefined;
  const text =
    typeof content === 'string' ? content : Buffer.concat([...readContent(content)]).toString('latin1');
  const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
  const isPlain = /^[\t\n -~]*$/.test(text) && text.length === content.length;
  return isPlain ? `printf %s ${quote(text)} > "$in/"${quote(name)} &&\n` : undefined;
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
    const payload = line.slice(mark.length + 1);
    if (payload === 'end') return true;
    const [, name, content = ''] = /^file (\S+) (\S*)$/.exec(payload) ?? [];
    if (name === undefined) output.markedLines.push(payload);
    else if (outputs.has(name) && !output.outputFiles.has(name))
      output.outputFiles.set(name, Buffer.from(content, 'base64'));
  }
  return false;
}
