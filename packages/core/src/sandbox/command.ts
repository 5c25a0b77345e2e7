import { Buffer } from 'node:buffer';
import type { ReadableStream } from 'node:stream/web';
import { CommandError } from '../contracts/errors.ts';
import type { ExecOptions, Workspace } from '../contracts/workspace.ts';

/** Input of a command, and what to keep of its output. */
export interface CommandOptions extends ExecOptions {
  /** An iterable that throws ends the program, and `runCommand` rejects with its error. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Maximum bytes to keep of each stream. The rest is read and dropped. Default: 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Takes the standard output, which is then not kept. The program waits for it. */
  readonly onStdout?: ((bytes: Uint8Array) => Promise<void>) | undefined;
}

/** How a command ended, and what it printed. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Whether output was dropped. */
  readonly truncated: boolean;
}

/** Runs a program in a sandbox to its end and keeps a bounded part of its output. A non-zero exit code is a result. */
export async function runCommand(
  workspace: Pick<Workspace, 'exec'>,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { stdin, maxBytes = 16 * 1024 * 1024, onStdout, ...execOptions } = options;
  const process = await workspace.exec(argv, execOptions);
  const [exitCode, stdout, stderr] = await Promise.all([
    process.wait(),
    onStdout ? pass(process.stdout, onStdout) : keepOutput(process.stdout, maxBytes),
    keepOutput(process.stderr, maxBytes),
    feed(process.stdin, stdin).catch(async (error: unknown) => {
      await process.kill().catch(() => {});
      throw error;
    }),
  ]);
  return {
    exitCode,
    stdout: stdout.bytes,
    stderr: stderr.bytes,
    truncated: stdout.truncated || stderr.truncated,
  };
}

/** Like `runCommand`, for a command that must succeed. Resolves with its stdout. @throws CommandError `COMMAND_FAILED`. */
export async function mustRun(
  workspace: Pick<Workspace, 'exec'>,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<Buffer> {
  const result = await runCommand(workspace, argv, options);
  if (result.exitCode === 0) return result.stdout;
  const text = result.stderr.toString().trim().slice(-2000) || result.stdout.toString().trim().slice(-2000);
  throw new CommandError(
    'COMMAND_FAILED',
    `${argv.join(' ').slice(0, 200)} exited ${result.exitCode} in the sandbox${text ? `: ${text}` : ''}`,
  );
}

async function keepOutput(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<{ bytes: Buffer; truncated: boolean }> {
  const chunks: Uint8Array[] = [];
  let left = maxBytes;
  let truncated = false;
  for await (const chunk of stream) {
    if (chunk.byteLength > left) truncated = true;
    if (left > 0) chunks.push(chunk.byteLength > left ? chunk.subarray(0, left) : chunk);
    left = Math.max(0, left - chunk.byteLength);
  }
  return { bytes: Buffer.concat(chunks), truncated };
}

async function pass(
  stream: ReadableStream<Uint8Array>,
  take: (bytes: Uint8Array) => Promise<void>,
): ReturnType<typeof keepOutput> {
  for await (const chunk of stream) await take(chunk);
  return { bytes: Buffer.alloc(0), truncated: false };
}

/** Writes the standard input of a process. @throws the errors of an iterable, not those of the process. */
async function feed(stream: WritableStream<Uint8Array>, content: CommandOptions['stdin']): Promise<void> {
  const writer = stream.getWriter();
  const write = async (bytes: Uint8Array): Promise<boolean> => {
    try {
      await writer.write(bytes);
      return true;
    } catch {
      // The process ended without reading its input. Its exit code says whether that is a failure.
      return false;
    }
  };
  if (typeof content === 'object' && Symbol.asyncIterator in content) {
    for await (const bytes of content) if (!(await write(bytes))) return;
  } else if (content !== undefined && content.length > 0)
    await write(typeof content === 'string' ? Buffer.from(content) : content);
  await writer.close().catch(() => {});
}
