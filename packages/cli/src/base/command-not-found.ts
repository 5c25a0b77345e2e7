import { shortenValues } from '@cooperbench/core/errors';
import { nearest } from '@cooperbench/core/nearest';

/** The oclif hook for an unknown command. Suggests the nearest command and exits with code 2. */
export default async function commandNotFound(options: {
  id: string;
  config: { bin: string; commandIDs: string[] };
}): Promise<never> {
  const words = options.config.commandIDs.map((id) => id.replaceAll(':', ' '));
  const asked = options.id.replaceAll(':', ' ');
  const [first = ''] = asked.split(' ');
  const guess = nearest(asked, words) ?? nearest(first, words);
  const hint = guess ? `Did you mean "${guess}"?` : `List all commands: ${options.config.bin} help.`;
  process.stderr.write(`Error: ${shortenValues(`There is no command "${asked}".`)}\n${hint}\n`);
  process.exit(2);
}
