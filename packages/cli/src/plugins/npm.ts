import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { childEnvironment } from '@cooperbench/core';
import { PluginError } from '@cooperbench/core/errors';

/**
 * Runs `npm install` for one package in a directory. Copies a local package instead of linking it.
 * @throws PluginError `PLUGIN_COMMAND` with the reason that npm gives.
 */
export async function npmInstall(
  spec: string,
  directory: string,
  { verbose, options }: { readonly verbose: boolean; readonly options: readonly string[] },
): Promise<void> {
  const quiet = ['--json', '--no-audit', '--no-fund', `--loglevel=${verbose ? 'verbose' : 'silent'}`];
  const npmSettings = Object.keys(process.env).filter((name) => /^npm_config_/i.test(name));
  const child = spawn('npm', ['install', '--install-links', '--omit=dev', ...quiet, ...options, '--', spec], {
    cwd: directory,
    // The npm of this Node comes first, and the scripts of packages run on this Node.
    env: childEnvironment(npmSettings, {
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    }),
    stdio: ['ignore', 'pipe', verbose ? 'inherit' : 'ignore'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [output, exitCode] = await Promise.all([text(child.stdout), ended]).catch((cause: unknown) => {
    throw new PluginError('PLUGIN_COMMAND', 'npm cannot be started.', {
      hint: 'npm comes with Node.js; check that it is on PATH.',
      cause,
    });
  });
  if (exitCode === 0) return;
  const { maskSecrets } = await import('@cooperbench/core/host');
  const message = `npm could not install ${spec}: ${reasonIn(output) ?? `it exited with ${exitCode}`}.`;
  throw new PluginError('PLUGIN_COMMAND', String(maskSecrets(message)), {
    hint: 'Check the name or path; a path starts with ./ or /. --verbose shows the output of npm.',
  });
}

/** npm prints its error last, after the output of install scripts. */
function reasonIn(output: string): string | undefined {
  try {
    const { summary, detail } = JSON.parse(output.slice(output.lastIndexOf('{\n  "error"'))).error;
    // npm says only "command failed" of an install script; the detail ends with what the script printed.
    const lines = `${summary}`.startsWith('command failed') ? [summary, detail] : [summary];
    return lines.map((part) => `${part}`.trim().split('\n').at(-1)?.replace(/\.$/, '')).join(': ');
  } catch {
    return undefined;
  }
}
