import { AssertionError } from 'node:assert';
import { stripVTControlCharacters } from 'node:util';
import { CooperBenchError, shortenValues } from '@cooperbench/core/errors';
import { findNearest } from '@cooperbench/core/nearest';
import { explainSystemError } from '@cooperbench/core/system-errors';

/** A failure of a command: the text for the user, and the exit code. */
export interface Failure {
  readonly text: string;
  readonly code: string;
  readonly exitCode: number;
}

/** All control and format characters except line breaks and tabs. Messages quote agents and sandboxes. */
const unsafe = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Makes text safe for a terminal. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(unsafe, '\ufffd');
}

/** Describes an error for the user. Exit codes: 130 interrupted; 2 usage, configuration or plugin; 1 anything else. */
export function describeError(error: unknown, knownFlags: readonly string[]): Failure {
  if (isAbort(error)) return { text: 'Interrupted.', code: 'INTERRUPTED', exitCode: 130 };
  if (isSuppressed(error)) {
    // The error that stopped the work determines the code. Errors of the clean-up are only printed.
    const reason = describeError(error.suppressed, knownFlags);
    return { ...reason, text: `${reason.text}\n${describeError(error.error, knownFlags).text}` };
  }
  if (CooperBenchError.is(error)) {
    const exitCode = ['ConfigError', 'PluginError'].includes(error.name) ? 2 : 1;
    const text = `${stripOclifPrefix(error.message)}${error.hint ? `\n${error.hint}` : ''}`;
    return { text: printable(text), code: error.code, exitCode };
  }
  const { message, oclif } = error as Error & { oclif?: { exit?: number } };
  if (oclif?.exit !== undefined)
    return { text: usage(error as Error, knownFlags), code: 'USAGE', exitCode: 2 };
  const system = explainSystemError(error);
  if (system)
    return {
      text: printable(`${shortenValues(system.text)}\n${system.hint}`),
      code: 'SYSTEM_ERROR',
      exitCode: 1,
    };
  const advice = isOwnFault(error)
    ? 'This is a bug in cooperbench. Set DEBUG=1 to see where.'
    : 'Set DEBUG=1 to see where it happens.';
  return { text: printable(`${shortenValues(message)}\n${advice}`), code: 'UNEXPECTED', exitCode: 1 };
}

/** Errors that nothing but a mistake in code causes. Node.js gives a code to those that a value from outside causes. */
const ownFaults = [TypeError, ReferenceError];

function isOwnFault(error: unknown): boolean {
  if (error instanceof AssertionError) return true;
  const { code, cause } = error as NodeJS.ErrnoException;
  return ownFaults.some((fault) => error instanceof fault) && code === undefined && cause === undefined;
}

/** Prints a failure and sets the exit code. With `DEBUG`, also prints the error's stack. */
export function printFailure(error: unknown, { text, code, exitCode }: Failure, json: boolean): void {
  if (json) console.log(JSON.stringify({ error: { code, message: text } }, null, 2));
  else process.stderr.write(`Error: ${text}\n`);
  if (process.env.DEBUG) process.stderr.write(printable(formatStacks(error)));
  process.exitCode = exitCode;
}

/** Formats the stack of an error and those of its causes. */
export function formatStacks(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const cause = formatStacks(error.cause);
  return `${error.stack ?? error.message}\n${cause && `Caused by: ${cause}`}`;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** Compares the name, because Node 22 has no class `SuppressedError`. */
function isSuppressed(error: unknown): error is { readonly error: unknown; readonly suppressed: unknown } {
  return error instanceof Error && error.name === 'SuppressedError';
}

/** Adds the most similar known flag to oclif's message about an unknown flag. */
function usage(error: Error & { flags?: unknown }, knownFlags: readonly string[]): string {
  const unknownFlags = Array.isArray(error.flags)
    ? error.flags.filter((flag): flag is string => typeof flag === 'string')
    : [];
  const guesses = unknownFlags.flatMap((flag) => findNearest(flag.replace(/^-+/, ''), knownFlags) ?? []);
  const summary = stripOclifPrefix(error.message);
  const suggestionText =
    guesses.length > 0 ? `\nDid you mean ${guesses.map((flag) => `--${flag}`).join(', ')}?` : '';
  return `${shortenValues(summary)}${suggestionText}\nSee more with --help.`;
}

/** Removes the text that oclif puts around the message of a flag's parser, except for the flag's name. */
function stripOclifPrefix(message: string): string {
  const [firstPart = ''] = message.split('\nSee more help');
  const framed = /^Parsing (--\S+)\s+(.*)$/s.exec(firstPart);
  if (!framed) return firstPart.trim();
  const [, flag, value = ''] = framed;
  return value.startsWith('--') ? value : `${flag}: ${value}`;
}
