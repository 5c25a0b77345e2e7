import { ConfigError, listValidationMessages } from '@cooperbench/core';
import { channelFaultSchema, readFaults, type WrittenFaults } from '@cooperbench/core/channel-faults';
import type { ChannelFaults } from '@cooperbench/core/host';
import type { RunOptions } from './options.ts';

/**
 * Reads the faults of the open channels, by name. @throws ConfigError `CHANNEL_FAULT` when a channel is not open, or its faults
 * cannot be.
 */
export function readChannelFaults(
  channels: readonly string[],
  { channelFaults = {} }: Pick<RunOptions, 'channelFaults'>,
): Readonly<Record<string, ChannelFaults>> {
  return Object.fromEntries(
    Object.entries(channelFaults).map(([name, faults]) => {
      const reason = channels.includes(name)
        ? listValidationMessages(channelFaultSchema, faults).join(', ')
        : `it is not open; open are ${channels.join(', ') || 'none'}`;
      if (reason !== '') throw createUnusableFaultsError(name, reason);
      return [name, readFaults(faults as WrittenFaults)];
    }),
  );
}

/** `why`: the end of a sentence. */
export function createUnusableFaultsError(channel: string, reasonText: string): ConfigError {
  const reason = reasonText.endsWith('?') ? reasonText : `${reasonText}.`;
  return new ConfigError(
    'CHANNEL_FAULT',
    `The faults of the channel "${channel}" cannot be used: ${reason}`,
    {
      hint: 'Write --channel-fault NAME.drop=0.2, NAME.delay=5s, NAME.duplicate=0.1, NAME.silent=SEAT or NAME.seed=1.',
    },
  );
}
