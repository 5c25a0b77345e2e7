import type { Capture } from './capture.ts';
import type { CommandOutcome } from './run-command.ts';

/** Formats the text that shows the model the outcome of a command. */
export function formatObservation({ exitCode, output }: CommandOutcome, timeoutMs: number): string {
  const ending =
    exitCode === undefined
      ? `stopped: it ran longer than ${timeoutMs / 1000} seconds, and everything it had started was killed`
      : `exit code: ${exitCode}`;
  const text = formatOutput(output);
  return text === '' ? `${ending}\n(no output)` : `${ending}\noutput:\n${text}`;
}

function formatOutput({ head, tail, leftOutBytes }: Capture): string {
  if (leftOutBytes === 0) return decode(Buffer.concat([head, tail]));
  return (
    `${decode(head)}\n` +
    `[… ${leftOutBytes} bytes left out; print less, for example with head, tail, grep or sed -n …]\n` +
    decode(tail)
  );
}

/** Cut characters and bytes that are not text become U+FFFD, because providers reject them. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll('\0', '\uFFFD');
}
