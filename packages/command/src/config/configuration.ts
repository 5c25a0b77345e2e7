import type { FileValue, Settings, VariedKey } from '../settings/values.ts';

/** A configuration file and its content. */
export interface ConfigSource {
  /** Absolute path. */
  readonly path: string;
  /** The path relative to the working directory, if the file is below it. */
  readonly name: string;
  /** Whose file it is. Somebody else may have written a project's file. A file that it extends belongs to the project, too. */
  readonly owner: 'user' | 'project';
  /** The directory of the user's or the project's own file, which this file is or which extends it. */
  readonly folder: string;
  readonly sha256: string;
  readonly value: unknown;
  /** `NAME:LINE:COLUMN` of a key, or of the nearest existing key above it. For a file of code: `NAME`. */
  at(path: readonly string[]): string;
}

/** A plugin in a configuration: a name, a path, or (in a file of code) the plugin itself. */
export interface PluginEntry {
  readonly plugin: unknown;
  /** Its position in the file's list. */
  readonly index: number;
  readonly source: Pick<ConfigSource, 'path' | 'owner' | 'folder' | 'at'>;
}

/** The content of a configuration file. */
export interface FileContent extends Settings {
  $schema?: string;
  extends?: string | string[];
  plugins?: string[];
  profiles?: Record<string, Settings>;
  experiments?: Record<string, Experiment>;
}

/** The settings that a matrix can vary. */
type Axes = { [K in VariedKey]: FileValue<K> } & { seats: NonNullable<Settings['seats']> };

/** A named matrix of runs. */
export interface Experiment extends Settings {
  matrix: { [K in keyof Axes]?: Axes[K][] };
  exclude?: Partial<Axes>[];
}

/** Code of a project that is about to run. */
export interface ProjectCode {
  readonly kind: 'configuration' | 'plugins' | 'dataset';
  /** The directory of the project's configuration file, or of the dataset. */
  readonly folder: string;
  /** What would run: `cooperbench.config.ts`, or `FILE:LINE:COLUMN: plugin NAME`. */
  readonly names: readonly string[];
}

/** Decides whether code of a project runs. It is false if it is left out. @throws ConfigError `FOLDER_UNTRUSTED`. */
export type AllowCode = (code: ProjectCode) => Promise<boolean>;

export interface LoadOptions {
  /** The directory where the search for the project's file begins. Defaults to the working directory. */
  readonly cwd?: string | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly profile?: string | undefined;
  readonly experiment?: string | undefined;
  /** If it is absent, all code runs. */
  readonly allowCode?: AllowCode | undefined;
}

/** The varied values of one run of an experiment, by key. */
export type Combination = Readonly<Record<string, string | number | boolean | object>>;

/** Settings from one place in one file. */
export interface Layer {
  readonly source: ConfigSource;
  /** Their path in the file. */
  readonly path: readonly string[];
  readonly values: Settings;
}

/** All configuration files together. */
export interface Configuration {
  readonly cwd: string;
  /** Every file that was read, highest precedence first. */
  readonly sources: readonly ConfigSource[];
  /** Sorted by precedence, lowest first. */
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
