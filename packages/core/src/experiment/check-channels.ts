import { ConfigError } from '../contracts/errors.ts';
import type { RunOptions } from './options.ts';

/**
 * Refuses a list of channels that contradicts the options for a single channel.
 * @throws ConfigError `CHANNELS_CONTRADICT`.
 */
export function checkChannels({
  channels,
  gitEnabled: git,
  messagingEnabled: messages,
}: Pick<RunOptions, 'channels' | 'gitEnabled' | 'messagingEnabled'>): void {
  if (channels === undefined) return;
  for (const [name, enabled] of Object.entries({ git, messages })) {
    if (enabled === undefined || enabled === channels.includes(name)) continue;
    const state = enabled ? 'on' : 'off';
    const list = channels.length > 0 ? channels.join(', ') : 'none';
    throw new ConfigError(
      'CHANNELS_CONTRADICT',
      `The channel "${name}" is turned ${state}, but the list of channels is: ${list}.`,
      { hint: 'Use either --channels, or --git and --no-messaging.' },
    );
  }
}
