import { ConfigError, getMessage } from '@cooperbench/core/errors';
import type { AllowCode, ProjectCode } from '../config/configuration.ts';
import { safeText } from '../terminal/safe-text.ts';
import { isTrusted, rememberTrust } from './trusted-folders.ts';

/**
 * What a command does with code of a project. `ask`: it runs in a folder that the user trusts, and the user is asked about
 * another. `if-trusted`: it runs in a folder that the user trusts. `never`: it does not run. What does not run is left out.
 */
export type CodePolicy = 'ask' | 'if-trusted' | 'never';

interface Trust {
  /** The directory that remembers what the user answered. */
  readonly dataDir: string;
  /** The user passed `--trust` or set `COOPERBENCH_TRUST`. */
  readonly given: boolean;
}

/** Applies a policy. Prints one line about code that is left out, and calls `onLeftOut`. */
export function allowCode(
  policy: CodePolicy,
  { dataDir, given }: Trust,
  onLeftOut = (): void => {},
): AllowCode {
  const approvedFolders = new Set<string>();
  return async (code) => {
    let isTrustedCode =
      given ||
      approvedFolders.has(code.folder) ||
      (policy !== 'never' && (await isTrusted(dataDir, code.folder)));
    if (policy === 'ask' && !isTrustedCode) {
      await ask(code);
      isTrustedCode = true;
      approvedFolders.add(code.folder);
      await remember(dataDir, code.folder);
    }
    if (isTrustedCode && policy !== 'never') return true;
    const reason =
      policy === 'never'
        ? 'This command runs no code of a project'
        : `You have not trusted ${safeText(code.folder)}`;
    const advice = code.kind === 'configuration' ? ' Pass flags for what it sets, such as --log-dir.' : '';
    process.stderr.write(`Warning: ${reason}. Left out: ${namesOf(code)}.${advice}\n`);
    onLeftOut();
    return false;
  };
}

/** Asks at a terminal. @throws ConfigError `FOLDER_UNTRUSTED` without a terminal, or after a no. */
async function ask(code: ProjectCode): Promise<void> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY)
    throw createUntrustedError(code, 'If you trust this folder, pass --trust or set COOPERBENCH_TRUST=1.');
  stderr.write(`${safeText(code.folder)} has code that runs with your rights: ${namesOf(code)}.\n`);
  const question = 'Do you trust this folder, now and when its files change? [y/N] ';
  if (!/^y(es)?$/i.test((await answerTo(question)).trim()))
    throw createUntrustedError(code, 'Answer y to run it.');
}

const isolate = 'Isolated sandboxes need no trust: install bubblewrap, or use --backend docker.';

/** A directory that cannot be written does not stop the command: the user is asked again the next time. */
async function remember(dataDir: string, folder: string): Promise<void> {
  await rememberTrust(dataDir, folder).catch((error: unknown) => {
    process.stderr.write(`Warning: The answer is not remembered: ${safeText(getMessage(error))}.\n`);
  });
}

/** Creates the error for code that nobody has trusted. `next` says what the user can do. */
export function createUntrustedError(code: ProjectCode, next: string): ConfigError {
  return new ConfigError(
    'FOLDER_UNTRUSTED',
    `${namesOf(code)} would run code of ${safeText(code.folder)}, and you have not trusted this folder.`,
    {
      hint:
        code.kind === 'dataset'
          ? `${next} ${isolate}`
          : `${next} --no-config leaves out all configuration files.`,
    },
  );
}

function namesOf({ names }: ProjectCode): string {
  return names.map((name) => safeText(name)).join(', ');
}

/** Returns an empty value if the input has ended. @throws AbortError on Ctrl-C. */
async function answerTo(question: string): Promise<string> {
  const { createInterface } = await import('node:readline');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise<string>((resolve, reject) => {
    terminal.once('SIGINT', () => reject(new DOMException('Interrupted.', 'AbortError')));
    terminal.once('close', () => resolve(''));
    terminal.question(question, resolve);
  }).finally(() => terminal.close());
}
