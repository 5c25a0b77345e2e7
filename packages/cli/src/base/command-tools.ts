import type { Configuration } from '../config/configuration.ts';
import { loadDotEnv } from '../config/dot-env.ts';
import type { Chosen } from '../settings/configured-flags.ts';
import { describeError, printFailure } from './describe-error.ts';
import { interruptible } from './interruptible.ts';

/** Tools for commands of plugins, so that they behave like the other commands. */
export interface CommandTools {
  /**
   * The values of the configuration files, by setting. The command gives its flags and variables precedence. Leaves out files
   * of a project that are code.
   * @throws ConfigError.
   */
  settings(chosen: Chosen): Promise<Configuration['values']>;
  /** Runs work with a signal that aborts on an interrupt or an unhandled error. */
  interruptible: typeof interruptible;
  /** Prints an error, as JSON with `json`, and sets the exit code. `flags` are the names of the command's flags. */
  fail(error: unknown, command: { readonly flags: readonly string[]; readonly json: boolean }): void;
}

/** The oclif hook `cooperbench:command`. Commands of plugins run it first. Reads `.env`. */
export default async function commandTools({
  config: { dataDir },
}: {
  readonly config: { readonly dataDir: string };
}): Promise<CommandTools> {
  const { refused } = loadDotEnv(process.env);
  if (refused.length > 0)
    process.stderr.write(`Warning: .env cannot set ${refused.join(', ')}. Set it in the environment.\n`);
  return {
    async settings({ 'no-config': ignored, ...chosen }) {
      if (ignored) return {};
      const { loadConfiguration } = await import('../config/load.ts');
      const { allowCode } = await import('../trust/allow-code.ts');
      const neverRuns = allowCode('never', { dataDir, given: false });
      return (await loadConfiguration({ ...chosen, allowCode: neverRuns })).values;
    },
    interruptible,
    fail: (error, { flags, json }) => printFailure(error, describeError(error, flags), json),
  };
}
