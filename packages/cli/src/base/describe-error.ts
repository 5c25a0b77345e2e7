import { stripVTControlCharacters } from 'node:util';
import { CooperBenchError } from '@cooperbench/core/errors';
import { nearest } from '@cooperbench/core/nearest';

/** What a person reads when a command fails, and the exit code. */
export interface Failure {
  readonly text: string;
  readonly code: string;
  readonly exitCode: number;
}

/** All controls and formats but line breaks and tabs: messages hold what agents and sandboxes said. */
const unsafe = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The same text as a terminal may have it. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(unsafe, '\ufffd');
}

/** Exit codes: 130 interrupted; 2 usage, configuration or plugin; 1 anything else. */
export function describeError(error: unknown, knownFlags: readonly string[]): Failure {
  if (isAbort(error)) return { text: 'Interrupted.', code: 'INTERRUPTED', exitCode: 130 };
  if (CooperBenchError.is(error)) {
    const exitCode = ['ConfigError', 'PluginError'].includes(error.name) ? 2 : 1;
    const text = `${withoutFrame(error.message)}${error.hint ? `\n${error.hint}` : ''}`;
    return { text: printable(text), code: error.code, exitCode };
  }
  const { message, oclif } = error as Error & { oclif?: { exit?: number } };
  if (oclif?.exit !== undefined)
    return { text: usage(error as Error, knownFlags), code: 'USAGE', exitCode: 2 };
  return {
    text: `${printable(message)}\nThis is a fault of cooperbench; set DEBUG=1 to see where.`,
    code: 'UNEXPECTED',
    exitCode: 1,
  };
}

/** Where an error was made, and below that what caused it. */
export function stacks(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const cause = stacks(error.cause);
  return `${error.stack ?? error.message}\n${cause && `Caused by: ${cause}`}`;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** oclif says which flag it does not know; we say which one was meant. */
function usage(error: Error & { flags?: unknown }, knownFlags: readonly string[]): string {
  const unknown = Array.isArray(error.flags)
    ? error.flags.filter((flag): flag is string => typeof flag === 'string')
    : [];
  const guesses = unknown.flatMap((flag) => nearest(flag.replace(/^-+/, ''), knownFlags) ?? []);
  const summary = withoutFrame(error.message);
  const guess = guesses.length > 0 ? `\nDid you mean ${guesses.map((flag) => `--${flag}`).join(', ')}?` : '';
  return `${summary}${guess}\nSee more with --help.`;
}

/** oclif writes around what a flag's parser says; of that, only the flag's name helps. */
function withoutFrame(message: string): string {
  const [own = ''] = message.split('\nSee more help');
  const framed = /^Parsing (--\S+)\s+(.*)$/s.exec(own);
  if (!framed) return own.trim();
  const [, flag, said = ''] = framed;
  return said.startsWith('--') ? said : `${flag}: ${said}`;
}
