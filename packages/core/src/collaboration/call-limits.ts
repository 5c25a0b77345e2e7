import type { SeatAnswer, SeatCall, SeatCommand } from '../contracts/channel.ts';
import { maxBytes } from './relay-program.ts';

const tooLong = `refused: the text is longer than ${maxBytes} bytes`;

/**
 * Runs a command for a channel as the relay runs it for a sandbox: arguments, standard input and answer have the same limits, and
 * `--help` the same answer. @throws an error for the caller.
 */
export async function runWithLimits(
  command: SeatCommand,
  call: SeatCall,
  run: (call: SeatCall) => Promise<SeatAnswer>,
): Promise<SeatAnswer> {
  const { seat, args, signal } = call;
  // A shell ends each argument with a byte NUL.
  if (Buffer.byteLength(args.join('\0')) >= maxBytes) throw new Error(tooLong);
  if (args.some((arg) => arg.includes('\0'))) throw new Error('refused: an argument has the character NUL');
  const limited: SeatCall = {
    ...{ seat, args, signal, command: command.name },
    stdin: async () => limitInput(await call.stdin()),
    stream: () => call.stream(),
  };
  return answerHelp(command, args) ?? limitAnswer(command, await run(limited));
}

/** @throws an error for the caller. */
export function limitInput(bytes: Uint8Array): Uint8Array {
  if (bytes.length > maxBytes) throw new Error(tooLong);
  return bytes;
}

/** Returns the answer to `--help`. Returns undefined if the first argument does not ask for it. */
export function answerHelp({ usage }: SeatCommand, [first]: readonly string[]): SeatAnswer | undefined {
  return first === '--help' || first === '-h' ? { stdout: `usage: ${usage}\n` } : undefined;
}

/** Returns the answer, or an error in place of one that is too long. */
export function limitAnswer({ name }: SeatCommand, seatAnswer: SeatAnswer): SeatAnswer {
  const { stdout = '', stderr = '', settled } = seatAnswer;
  if (Buffer.byteLength(stdout) + Buffer.byteLength(stderr) <= maxBytes) return seatAnswer;
  const refusedAnswer = { exitCode: 70, stderr: `${name}: the answer is longer than ${maxBytes} bytes\n` };
  return { ...refusedAnswer, ...(settled && { settled: () => settled(false) }) };
}
