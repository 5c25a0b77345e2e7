import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { PluginError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';

export const allowScriptsFlag = Flags.boolean({
  summary: 'Let npm run the install scripts of the packages, with your rights.',
});

export interface NpmOptions {
  /** Prints npm's own output. */
  readonly verbose: boolean;
  /** Runs the scripts of the package and of its dependencies. */
  readonly allowScripts: boolean;
}

/**
 * Runs `npm install` for packages in a directory. Copies a local package instead of linking it. `peersOf`: the plugin whose peers
 * they are, for the message.
 * @throws PluginError `PLUGIN_COMMAND` with the reason that npm gives.
 */
export async function npmInstall(
  specs: readonly string[],
  directory: string,
  {
    verbose,
    allowScripts,
    options,
    peersOf,
  }: NpmOptions & { readonly options: readonly string[]; readonly peersOf?: string },
): Promise<void> {
  const { env } = process;
  // Imported here, because commands load this file for its flag.
  const { buildChildEnvironment } = await import('@cooperbench/core');
  const quietFlags = ['--json', '--no-audit', '--no-fund', `--loglevel=${verbose ? 'verbose' : 'silent'}`];
  const scripts = `--ignore-scripts=${!allowScripts}`;
  const flags = ['--install-links', '--omit=dev', scripts, ...quietFlags, ...options];
  const npmSettings = Object.keys(env).filter((name) => /^npm_config_/i.test(name));
  const child = spawn('npm', ['install', ...flags, '--', ...specs], {
    cwd: directory,
    env: buildChildEnvironment(npmSettings, {
      ...(!allowScripts && buildProgramsOfNpm(env)),
      // The npm of this Node comes first, and the scripts of packages run on this Node.
      PATH: [dirname(process.execPath), env.PATH].join(delimiter),
    }),
    stdio: ['ignore', 'pipe', verbose ? 'inherit' : 'ignore'],
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [output, exitCode] = await Promise.all([text(child.stdout), exit]).catch((cause: unknown) => {
    throw new PluginError('PLUGIN_COMMAND', 'npm cannot be started.', {
      hint: 'npm comes with Node.js; check that it is on PATH.',
      cause,
    });
  });
  if (exitCode === 0) return;
  const { maskSecrets } = await import('@cooperbench/core/host');
  const scriptsText = allowScripts ? 'Scripts of packages may have run.' : 'No script of a package ran.';
  const [context, advice] =
    peersOf === undefined
      ? ['', 'Check the name or path; a path starts with ./ or /.']
      : [
          `The peers of ${peersOf} cannot be installed: `,
          'Ask its author for a release whose peers exist, or install another one.',
        ];
  const message = `${context}npm could not install ${specs.join(', ')}: ${findReasonIn(output) ?? `it exited with ${exitCode}`}.`;
  throw new PluginError('PLUGIN_COMMAND', String(maskSecrets(message)), {
    hint: `${scriptsText} ${advice} --verbose shows the output of npm.`,
  });
}

/**
 * Even with `--ignore-scripts`, npm runs itself in a clone of a git URL and follows the `.npmrc` there, which can name a
 * program as `git` or a module in `node-options`. Variables take precedence over that file. An empty one does not count.
 */
function buildProgramsOfNpm({ NODE_OPTIONS, npm_config_git }: NodeJS.ProcessEnv): Record<string, string> {
  return {
    npm_config_git: npm_config_git || 'git',
    npm_config_node_options: NODE_OPTIONS || '--no-deprecation',
  };
}

/** npm prints its error last, after the output of install scripts. */
function findReasonIn(output: string): string | undefined {
  try {
    const { summary, detail } = JSON.parse(output.slice(output.lastIndexOf('{\n  "error"'))).error;
    // npm says only "command failed" of an install script; the detail ends with what the script printed.
    const lines = `${summary}`.startsWith('command failed') ? [summary, detail] : [summary];
    return lines.map((part) => `${part}`.trim().split('\n').at(-1)?.replace(/\.$/, '')).join(': ');
  } catch {
    return undefined;
  }
}
