import { buildPackageWith } from '@cooperbench/command/plugins';
import { shortenValues } from '@cooperbench/core/errors';
import { findNearest } from '@cooperbench/core/nearest';
import type { Config } from '@oclif/core/interfaces';

/**
 * Returns the oclif hook for a command that cannot run: an unknown one, or one of a package that is not installed. Says what
 * to do and exits with code 2.
 */
export default async function commandNotFound(options: {
  id: string;
  config: Pick<Config, 'bin' | 'commandIDs' | 'findCommand'>;
}): Promise<never> {
  const { bin, commandIDs } = options.config;
  const typedText = options.id.replaceAll(':', ' ');
  const { pluginName } = options.config.findCommand(options.id) ?? {};
  if (pluginName !== undefined) {
    const { name, install } = buildPackageWith(pluginName);
    process.stderr.write(
      `Error: The command "${typedText}" comes with ${name}, which is not installed.\n${install}\n`,
    );
    process.exit(2);
  }
  const words = commandIDs.map((id) => id.replaceAll(':', ' '));
  const hint = hintFor(typedText, words) ?? `List all commands: ${bin} help.`;
  const text = `There is no command "${typedText}".\n${hint}`;
  process.stderr.write(`Error: ${shortenValues(text)}\n`);
  process.exit(2);
}

function hintFor(typedText: string, commands: readonly string[]): string | undefined {
  const [first = '', ...rest] = typedText.split(' ');
  // `plugins list`: the command itself lists.
  if (rest.at(-1) === 'list' && commands.includes(first)) return `Did you mean "${first}"?`;
  if (rest.length === 1 && (first === 'eval' || first === 'run'))
    return `The name of a run follows -n: cooperbench ${first} -n ${rest[0]}.`;
  const suggestion = findNearest(typedText, commands) ?? findNearest(first, commands);
  return suggestion && `Did you mean "${suggestion}"?`;
}
