import { ConfigError, type Setting } from '@cooperbench/core';
import type { Registry } from '@cooperbench/core/host';
import type { RunOptions } from './options.ts';

type ChannelOptions = Pick<RunOptions, 'channels' | 'messagingEnabled' | 'gitEnabled'>;

/**
 * Returns the channels of a run: those that the user lists, or else the setting's own, changed by `--git` and `--no-messaging`.
 * @throws ConfigError `CHANNELS_CONTRADICT` when the list contradicts `--git` or `--no-messaging`.
 */
export function listChannelNames(
  registry: Registry,
  setting: Setting,
  options: ChannelOptions,
): readonly string[] {
  const { channels } = options;
  refuseContradiction(registry, options);
  if (!setting.channels) return [];
  if (channels) return [...new Set(channels)];
  let names = setting.channels;
  for (const [trait, isWanted] of listSwitches(options)) {
    const hasChannelTrait = (name: string): boolean => hasTrait(registry, name, trait);
    if (isWanted === false) names = names.filter((name) => !hasChannelTrait(name));
    // Core has a channel of its own for each trait.
    else if (isWanted && !names.some(hasChannelTrait))
      names = [...names, ...ownChannels(registry).filter(hasChannelTrait)];
  }
  return names;
}

/** The channels that a flag can switch. */
type ChannelTrait = 'carriesMessages' | 'sharesCommits';

function listSwitches({ messagingEnabled, gitEnabled }: ChannelOptions) {
  return [
    ['carriesMessages', messagingEnabled],
    ['sharesCommits', gitEnabled],
  ] as const;
}

/** Returns whether a channel has a trait. A name that no plugin provides has none: another check refuses it. */
export function hasTrait(registry: Registry, name: string, trait: ChannelTrait): boolean {
  const isKnown = registry.list('channels').some((channel) => channel.name === name);
  return isKnown && registry.get('channels', name)[trait] === true;
}

function ownChannels(registry: Registry): string[] {
  const names = registry.list('channels').map(({ name }) => name);
  return names.filter((name) => registry.isBuiltin('channels', name));
}

function refuseContradiction(registry: Registry, options: ChannelOptions): void {
  const { channels } = options;
  if (channels === undefined) return;
  for (const [trait, enabled] of listSwitches(options)) {
    const hasChannelTrait = (name: string): boolean => hasTrait(registry, name, trait);
    if (enabled === undefined || enabled === channels.some(hasChannelTrait)) continue;
    const state = enabled ? 'on' : 'off';
    const list = channels.length > 0 ? channels.join(', ') : 'none';
    const [name] = [...channels, ...ownChannels(registry)].filter(hasChannelTrait);
    throw new ConfigError(
      'CHANNELS_CONTRADICT',
      `The channel "${name}" is turned ${state}, but the list of channels is: ${list}.`,
      { hint: 'Use either --channels, or --git and --no-messaging.' },
    );
  }
}

/** Returns whether the open channels differ from the setting's own. */
export function differsFromDefault(setting: Setting, channels: readonly string[]): boolean {
  const settingChannels = new Set(setting.channels);
  return settingChannels.size !== channels.length || channels.some((name) => !settingChannels.has(name));
}
