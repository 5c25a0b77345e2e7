import { createInterface } from 'node:readline';
import { ConfigError } from '@cooperbench/core/errors';
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
export function allowCode(policy: CodePolicy, trust: Trust, onLeftOut = (): void => {}): AllowCode {
  return async (code) => {
    const trusted = policy !== 'never' && (trust.given || (await isTrusted(trust.dataDir, code.folder)));
    if (trusted) return true;
    if (policy === 'ask') {
      await askForTrust(code, trust.dataDir);
      return true;
    }
    const reason =
      policy === 'never'
        ? 'This command runs no code of a project'
        : `You have not trusted ${safeText(code.folder)}`;
    process.stderr.write(`Warning: ${reason}. Left out: ${namesOf(code)}.\n`);
    onLeftOut();
    return false;
  };
}

/** Asks at a terminal and remembers a yes. @throws ConfigError `FOLDER_UNTRUSTED` without a terminal, or after a no. */
async function askForTrust(code: ProjectCode, dataDir: string): Promise<void> {
  const { stdin, stderr } = process;
  const folder = safeText(code.folder);
  if (!stdin.isTTY || !stderr.isTTY)
    throw untrusted(code, 'If you trust this folder, pass --trust or set COOPERBENCH_TRUST=1.');
  stderr.write(`${folder} has code that runs with your rights: ${namesOf(code)}.\n`);
  const question = 'Do you trust this folder, now and when its files change? [y/N] ';
  if (!/^y(es)?$/i.test((await answerTo(question)).trim())) throw untrusted(code, 'Answer y to run it.');
  await rememberTrust(dataDir, code.folder);
}

function untrusted(code: ProjectCode, next: string): ConfigError {
  const message = `${namesOf(code)} would run code of ${safeText(code.folder)}, and you have not trusted this folder.`;
  return new ConfigError('FOLDER_UNTRUSTED', message, {
    hint: `${next} --no-config leaves out all configuration files.`,
  });
}

function namesOf({ names }: ProjectCode): string {
  return names.map((name) => safeText(name)).join(', ');
}

/** Empty: the input has ended. @throws AbortError on Ctrl-C. */
function answerTo(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise<string>((resolve, reject) => {
    terminal.once('SIGINT', () => reject(new DOMException('Interrupted.', 'AbortError')));
    terminal.once('close', () => resolve(''));
    terminal.question(question, resolve);
  }).finally(() => terminal.close());
}
