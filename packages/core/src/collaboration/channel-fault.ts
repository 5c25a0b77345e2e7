import type { Channel } from '../contracts/channel.ts';
import { PluginError } from '../contracts/errors.ts';
import { findMetricsFault } from '../plugins/metrics-fault.ts';
import type { NamedChannel } from './trial-channels.ts';

/** Finds why core cannot put a channel's commands on PATH, as the end of a sentence. Returns undefined if it can. */
export function findChannelFault({ commands, metrics = {} }: Channel): string | undefined {
  if (!Array.isArray(commands)) return 'its "commands" are not a list.';
  const unfit = findMetricsFault(metrics);
  if (unfit !== undefined) return unfit;
  for (const { name, usage } of commands as Channel['commands']) {
    if (!/^[a-z][a-z0-9_-]*$/.test(name))
      return `the command "${name}" must begin with a lower-case letter and have only lower-case letters, digits, dashes and underscores.`;
    if (typeof usage !== 'string' || usage.split(' ')[0] !== name || usage.includes('\n'))
      return `the usage of the command "${name}" is not one line that begins with the name.`;
  }
  return undefined;
}

/** @throws PluginError `CHANNEL_CLASH` when two channels provide one command or one metric. */
export function refuseSharedNames(channels: readonly NamedChannel[]): void {
  const owners = new Map<string, NamedChannel>();
  for (const namedChannel of channels) {
    const { commands, metrics = {} } = namedChannel.channel;
    const names = [
      ...commands.map(({ name }) => `command "${name}"`),
      ...Object.keys(metrics).map((name) => `metric "${name}"`),
    ];
    for (const name of names) {
      const owner = owners.get(name);
      if (owner)
        throw new PluginError(
          'CHANNEL_CLASH',
          `The channels "${owner.name}" and "${namedChannel.name}" both provide the ${name}.`,
          { hint: 'Remove one of them from --channels.' },
        );
      owners.set(name, namedChannel);
    }
  }
}
