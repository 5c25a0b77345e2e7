import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildChildEnvironment } from '@cooperbench/core';
import { findExecutable } from './executable.ts';

/** The host's tools outside /usr that sandboxes see. */
export interface Tools {
  /** Host paths that are visible in sandboxes, read-only and under the same names. */
  readonly shown: readonly string[];
  /** Folders for PATH. */
  readonly path: readonly string[];
  /** Whether /usr/local contains one of the tools. */
  readonly local: boolean;
}

/** Commands that make an interpreter print its executable and its prefix. Version managers hide both behind shims. */
const selfReports: readonly { readonly tool: RegExp; readonly argv: readonly string[] }[] = [
  { tool: /^node$/, argv: ['-p', 'process.execPath'] },
  {
    tool: /^python[\d.]*$/,
    // Without its site packages, it starts five times as fast.
    argv: [
      ...['-I', '-S', '-c'],
      'import sys; print(getattr(sys, "_base_executable", sys.executable)); print(sys.base_prefix)',
    ],
  },
];

interface Installation {
  readonly executable: string;
  readonly prefix: string;
  /** The folder of a Python's virtual environment. Its own Python is a link to the executable. */
  readonly venv?: string | undefined;
}

/** Variables by which a user chooses the version that a shim starts. */
const versionManagers = [
  'PYENV_ROOT',
  'PYENV_VERSION',
  'ASDF_DIR',
  'ASDF_DATA_DIR',
  'NODENV_ROOT',
  'NODENV_VERSION',
];

/** Finds each tool and the host's folders that it needs. Leaves out a tool that is not installed. */
export async function findTools(names: readonly string[]): Promise<Tools> {
  const installations = (await Promise.all(names.map(findInstallation))).filter(
    (installation) => installation !== undefined,
  );
  const isWithin = (folder: string, path: string): boolean =>
    path === folder || path.startsWith(`${folder}/`);
  const outsideTools = installations.filter(({ executable }) => !isWithin('/usr', executable));
  return {
    shown: [
      ...new Set([...outsideTools.map(getShownPath), ...installations.flatMap(({ venv }) => venv ?? [])]),
    ],
    path: [...new Set(outsideTools.map(({ executable }) => dirname(executable)))],
    local: installations.some(({ executable }) => isWithin('/usr/local', executable)),
  };
}

async function findInstallation(name: string): Promise<Installation | undefined> {
  const onPath = findExecutable(name);
  if (onPath === undefined) return undefined;
  const realPath = await realpath(onPath);
  const [executable = realPath, prefix] = realPath === process.execPath ? [] : await askOnce(name, onPath);
  const folder = dirname(dirname(onPath));
  const venv = existsSync(join(folder, 'pyvenv.cfg')) ? folder : undefined;
  return { executable, prefix: prefix ?? dirname(dirname(executable)), venv };
}

/** Each run of an experiment opens a backend. A shim takes longer to start than the interpreter. */
const answersByPath = new Map<string, Promise<string[]>>();

function askOnce(name: string, path: string): Promise<string[]> {
  const toolAnswer = answersByPath.get(path) ?? askItself(name, path);
  answersByPath.set(path, toolAnswer);
  return toolAnswer;
}

async function askItself(name: string, path: string): Promise<string[]> {
  const report = selfReports.find(({ tool }) => tool.test(basename(name)));
  if (report === undefined) return [];
  try {
    const { stdout } = await promisify(execFile)(path, [...report.argv], {
      cwd: '/',
      env: buildChildEnvironment(versionManagers),
      timeout: 10_000,
    });
    const [executable = '', ...prefix] = stdout.trim().split('\n');
    // Keeps the name (python3 rather than python3.11), because its folder goes on PATH.
    const folder = await realpath(dirname(executable));
    return [`${folder}/${basename(executable)}`, ...prefix];
  } catch {
    return [];
  }
}

/** Returns the path to show: the whole installation, or only the executable if the prefix is a folder with other content. */
function getShownPath({ executable, prefix }: Installation): string {
  const personal = [homedir(), tmpdir(), process.cwd()].some((folder) =>
    `${folder}/`.startsWith(`${prefix}/`),
  );
  const settings = dirname(prefix) === homedir() && basename(prefix).startsWith('.');
  return prefix === '/' || personal || settings ? executable : prefix;
}
