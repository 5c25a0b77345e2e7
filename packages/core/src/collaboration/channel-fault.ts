import type { Channel } from '../contracts/channel.ts';

/** Why core cannot put a channel's commands on PATH, as the end of a sentence. Undefined: it can. */
export function channelFault({ commands }: Channel): string | undefined {
  if (!Array.isArray(commands)) return 'its "commands" are not a list.';
  for (const { name, usage } of commands as Channel['commands']) {
    if (!/^[a-z][a-z0-9_-]*$/.test(name))
      return `the command "${name}" must begin with a lower-case letter and have only lower-case letters, digits, dashes and underscores.`;
    if (typeof usage !== 'string' || usage.split(' ')[0] !== name || usage.includes('\n'))
      return `the usage of the command "${name}" is not one line that begins with the name.`;
  }
  return undefined;
}
