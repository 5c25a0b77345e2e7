import type { Setting } from '../contracts/setting.ts';
import type { RunOptions } from './options.ts';

/** The channels of a run: what the user names, else the setting's own with `--git` and `--no-messaging` applied. */
export function channelNames(
  setting: Setting,
  {
    channels,
    messagingEnabled,
    gitEnabled,
  }: Pick<RunOptions, 'channels' | 'messagingEnabled' | 'gitEnabled'>,
): readonly string[] {
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

/** Whether the open channels are others than the setting's own. */
export function differsFromDefault(setting: Setting, channels: readonly string[]): boolean {
  const own = new Set(setting.channels);
  return own.size !== channels.length || channels.some((name) => !own.has(name));
}
