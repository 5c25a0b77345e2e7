import type { PluginEntry } from '../plugins/project-plugins.ts';
import type { Layer } from './merge.ts';
import type { ConfigSource } from './read.ts';
import type { Experiment, Settings } from './schema.ts';

/** What the configuration files say together; without any, nothing. */
export interface Configuration {
  readonly cwd: string;
  /** Every file that was read, highest precedence first. */
  readonly sources: readonly ConfigSource[];
  /** Lowest precedence first. */
  readonly layers: readonly Layer[];
  readonly values: Settings;
  readonly profile: string | undefined;
  readonly plugins: readonly PluginEntry[];
  readonly experiments: ReadonlyMap<string, { readonly source: ConfigSource; readonly value: Experiment }>;
}

export const noConfiguration: Configuration = {
  cwd: '.',
  sources: [],
  layers: [],
  values: {},
  profile: undefined,
  plugins: [],
  experiments: new Map(),
};
