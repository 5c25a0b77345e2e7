import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ConfigError, messageOf } from '@cooperbench/core';
import { unshared } from './bubblewrap.ts';
import { findExecutable } from './executable.ts';
import type { LocalOptions } from './options.ts';

export type Isolation =
  | { readonly kind: 'bubblewrap'; readonly bubblewrap: string }
  | { readonly kind: 'none'; readonly because: string };

/** Chooses by the option and by what works here. @throws ConfigError `LOCAL_BUBBLEWRAP` when it was asked for and does not work. */
export async function chooseIsolation({ isolation = 'auto' }: LocalOptions): Promise<Isolation> {
  if (isolation === 'none') return { kind: 'none', because: 'isolation is set to none' };
  const found = await tryBubblewrap();
  if (found.kind === 'none' && isolation === 'bubblewrap') {
    throw new ConfigError(
      'LOCAL_BUBBLEWRAP',
      `The option isolation=bubblewrap cannot be kept: ${found.because}.`,
      {
        hint: 'Install bubblewrap (apt-get install bubblewrap), or use --backend docker.',
      },
    );
  }
  return found;
}

/** @throws ConfigError `LOCAL_UNISOLATED` when untrusted work would run as plain processes without consent. */
export function refuseUnisolated(isolation: Isolation, untrusted: boolean, options: LocalOptions): void {
  if (isolation.kind === 'bubblewrap' || !untrusted || options.unisolated) return;
  throw new ConfigError(
    'LOCAL_UNISOLATED',
    `The local backend would run a model's commands as plain processes of this machine: ${isolation.because}.`,
    {
      hint: 'Install bubblewrap (apt-get install bubblewrap), use --backend docker, or accept the risk with --unisolated.',
    },
  );
}

/** One line for the user when there is no isolation. */
export function isolationNotices(isolation: Isolation): readonly string[] {
  if (isolation.kind === 'bubblewrap') return [];
  return [
    `The local backend runs sandboxes as plain processes, which isolates nothing: ${isolation.because}.`,
  ];
}

async function tryBubblewrap(): Promise<Isolation> {
  if (process.platform !== 'linux') return { kind: 'none', because: 'bubblewrap exists only on Linux' };
  const bubblewrap = findExecutable('bwrap');
  if (bubblewrap === undefined) return { kind: 'none', because: 'bubblewrap is not installed' };
  const probe = [
    ...unshared,
    '--ro-bind',
    '/',
    '/',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '/bin/sh',
    '-c',
    ':',
  ];
  try {
    await promisify(execFile)(bubblewrap, probe, { cwd: '/', env: {}, timeout: 10_000 });
    return { kind: 'bubblewrap', bubblewrap };
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) || messageOf(error);
    return { kind: 'none', because: `bubblewrap does not work here (${said})` };
  }
}
