import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PluginError } from '@cooperbench/core/errors';
import type { Config } from '@oclif/core/interfaces';

/** npm in the data folder, on behalf of a command such as `plugins install`. */
export interface Npm {
  readonly command: string;
  /** Resolves with what it prints. @throws PluginError `PLUGIN_COMMAND`, whose cause is an `NpmProblem`. */
  run(...words: readonly string[]): Promise<string>;
}

/** What npm says went wrong. */
export interface NpmProblem {
  /** A number: how a command that npm ran ended. */
  readonly code?: string | number;
  readonly summary: string;
  readonly detail?: string;
}

/** The npm that comes with oclif's plugin manager. Its parts understand and read packages just as it does. */
function npms(): NodeJS.Require {
  const oclifs = createRequire(import.meta.resolve('@oclif/plugin-plugins'));
  return createRequire(oclifs.resolve('npm/package.json'));
}

/** How npm reads what a user types. */
export interface Spec {
  readonly type: 'tag' | 'version' | 'range' | 'alias' | 'git' | 'remote' | 'file' | 'directory';
  /** Of what a registry has. */
  readonly name?: string | null;
  /** Which version, of what a registry has; a path, of what this machine has. */
  readonly fetchSpec?: string | null;
}

/** Undefined when npm does not understand it, or would not let anybody publish a package of that name. */
export function readSpec(text: string): Spec | undefined {
  try {
    const spec: Spec = npms()('npm-package-arg')(text, process.cwd());
    const valid = !spec.name || npms()('validate-npm-package-name')(spec.name).validForNewPackages;
    return valid ? spec : undefined;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

/** The package.json in a tarball. */
export function manifestIn(tarball: string): Promise<object> {
  return npms()('pacote').manifest(`file:${tarball}`, { fullMetadata: true });
}

export function npmFor(
  command: string,
  config: Pick<Config, 'dataDir' | 'npmRegistry' | 'scopedEnvVar'>,
  verbose = false,
): Npm {
  const level = verbose ? 'verbose' : config.scopedEnvVar('NPM_LOG_LEVEL');
  const always = ['--json', `--loglevel=${level ?? 'silent'}`, '--no-audit', '--no-fund'];
  // Not as an argument, which others see: it may hold a password.
  const registry = config.npmRegistry && { npm_config_registry: config.npmRegistry };
  const bin = join(dirname(npms().resolve('./package.json')), 'bin/npm-cli.js');
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return {
    command,
    async run(...words) {
      const child = spawn(process.execPath, [bin, ...words, ...always], {
        cwd: config.dataDir,
        // Where it installs is no git repository, for hooks to be put into.
        env: { ...process.env, PATH, HUSKY: '0', ...registry },
        stdio: ['ignore', 'pipe', level ? 'inherit' : 'ignore'],
      });
      const ended = new Promise<number | null>((done, failed) => {
        child.once('error', failed).once('close', done);
      });
      const [said, code] = await Promise.all([text(child.stdout), ended]);
      if (code === 0) return said;
      const problem = problemIn(said) ?? { summary: `npm ${words[0]} exited ${code}` };
      throw new PluginError('PLUGIN_COMMAND', `cooperbench ${command} failed: ${inASentence(problem)}.`, {
        hint: `${problem.code === 'ERESOLVE' ? 'Uninstall those that are left out, as cooperbench plugins shows. ' : ''}With --verbose you see what npm does.`,
        cause: problem,
      });
    },
  };
}

/** What npm printed last, after what scripts of packages did. */
function problemIn(said: string): NpmProblem | undefined {
  try {
    return JSON.parse(said.slice(said.lastIndexOf('{\n  "error"'))).error;
  } catch {
    return undefined;
  }
}

/** What npm says of a command that it ran is too little: of that, the command's last line is added. */
export function inASentence({ code, summary, detail = '' }: NpmProblem): string {
  if (code === 'ERESOLVE') return 'plugins need different versions of one package';
  const last = typeof code === 'number' ? detail.trim().split('\n').at(-1) : '';
  const [first = ''] = summary.split('\n');
  return [first, last]
    .filter(Boolean)
    .map((part) => part?.replace(/\.$/, ''))
    .join(': ');
}
