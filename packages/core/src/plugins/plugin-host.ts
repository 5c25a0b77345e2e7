import type { PluginHost } from '../contracts/plugin.ts';

/** The options that the user gave, by kind and name. */
export type UserOptions = Readonly<Partial<Record<string, Readonly<Record<string, unknown>> | undefined>>>;

type WrappedKind = 'backends' | 'buses' | 'channels' | 'evaluators';

/** Creates the host of a definition that may wrap others. `make` makes them, with the user's options unless there are others. */
export function createPluginHost(
  make: (kind: WrappedKind, name: string, options: unknown) => Promise<unknown>,
  userOptions: UserOptions = {},
): PluginHost {
  const wrap =
    <T>(kind: WrappedKind) =>
    (name: string, options: unknown = userOptions[kind]?.[name]) =>
      make(kind, name, options) as Promise<T>;
  return {
    backend: wrap('backends'),
    bus: wrap('buses'),
    channel: wrap('channels'),
    evaluator: wrap('evaluators'),
  };
}
