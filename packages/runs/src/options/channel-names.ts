import { ConfigError, type Setting } from '@cooperbench/core';
import type { RunOptions } from './options.ts';

type ChannelOptions = Pick<RunOptions, 'channels' | 'messagingEnabled' | 'gitEnabled'>;

/**
 * Returns the channels of a run: those that the user lists, or else the setting's own, changed by `--git` and `--no-messaging`.
 * @throws ConfigError `CHANNELS_CONTRADICT` when the list contradicts `--git` or `--no-messaging`.
 */
export function channelNames(setting: Setting, options: ChannelOptions): readonly string[] {
  const { channels, messagingEnabled, gitEnabled } = options;
  refuseContradiction(options);
  if (!setting.channels) return [];
  if (channels) return [...new Set(channels)];
  const names = new Set(setting.channels);
  const open = (name: string, wanted: boolean | undefined): void => {
    if (wanted === true) names.add(name);
    else if (wanted === false) names.delete(name);
  };
  open('messages', messagingEnabled);
  open('git', gitEnabled);
  return [...names];
}

function refuseContradiction({
  channels,
  gitEnabled: git,
  messagingEnabled: messages,
}: ChannelOptions): void {
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

/** Whether the open channels differ from the setting's own. */
export function differsFromDefault(setting: Setting, channels: readonly string[]): boolean {
  const own = new Set(setting.channels);
  return own.size !== channels.length || channels.some((name) => !own.has(name));
}
