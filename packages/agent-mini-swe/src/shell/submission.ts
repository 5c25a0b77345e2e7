import type { CommandOutcome } from './run-command.ts';

/** The line that the agent's own `echo` prints to submit the work. */
const submitMarker = 'COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT';
export const submitCommand: string = `echo ${submitMarker}`;

/** Bytes of output that are searched for the marker. */
const maxBytes = 4096;

/**
 * Returns whether a command handed the work in: it ends with an `echo` of the marker that the agent itself wrote, it
 * succeeded, and it printed the marker and nothing else. So no file, commit message or note of another seat that a command
 * prints can hand in.
 */
export function isSubmission(command: string, outcome: CommandOutcome): boolean {
  return outcome.exitCode === 0 && printsMarker(outcome) && endsWithOwnEcho(command);
}

/** Returns whether the output consists of the marker. */
export function printsMarker({ output }: CommandOutcome): boolean {
  const { head, tail, leftOutBytes } = output;
  if (leftOutBytes > 0 || head.length + tail.length > maxBytes) return false;
  return Buffer.concat([head, tail]).toString().trim() === submitMarker;
}

/** The texts that make the last command of a script an `echo` of the marker. */
const echoes = [submitMarker, `'${submitMarker}'`, `"${submitMarker}"`].map((text) => `echo ${text}`);

/** Returns whether the shell runs `echo` with the marker at the end of the script whenever the script succeeds. */
function endsWithOwnEcho(script: string): boolean {
  const commands = splitCommands(script);
  const last = commands.at(-1);
  if (last === undefined || !echoes.includes(last.text.replace(/\s+/g, ' '))) return false;
  // After `||`, `|` and `&`, it may not run, or others print after it.
  return ['', ';', '\n', '&&'].includes(last.after);
}

interface Command {
  readonly text: string;
  /** The operator before it. It is empty if it is the first. */
  readonly after: string;
}

/** Returns the parts of a script between operators. Quotes, escapes and comments hide operators, as in the shell. */
function splitCommands(script: string): readonly Command[] {
  const commands: Command[] = [];
  let text = '';
  let after = '';
  const end = (operator: string): void => {
    if (text.trim() !== '') commands.push({ text: text.trim(), after });
    // Blank lines and a last `;` change nothing about what runs.
    if (text.trim() !== '' || !['\n', ';'].includes(operator)) after = operator;
    text = '';
  };
  for (const [token] of script.matchAll(
    /\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|(?<=^|[\s;&|(])#.*|&&|\|\||[;&|\n()]|[\s\S]/g,
  )) {
    if (/^(&&|\|\||[;&|\n()])$/.test(token)) end(token);
    else if (!token.startsWith('#') || token.length === 1) text += token;
  }
  end('');
  return commands;
}
