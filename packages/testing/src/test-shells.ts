import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A shell that programs in sh are tested with. */
export interface TestShell {
  readonly name: string;
  /** A PATH on which this shell is `sh`. That of busybox has its programs and git, and no others. */
  readonly path: string;
  /** The machine does not have it. */
  readonly isMissing: boolean;
}

let shells: readonly TestShell[] | undefined;

/** Returns dash and the shell of busybox. Their folders go with this process. */
export function testShells(): readonly TestShell[] {
  shells ??= [dash(), busybox()];
  return shells;
}

function dash(): TestShell {
  const program = findProgram('dash');
  const folder = createFolder();
  symlinkSync(program ?? '/bin/dash', join(folder, 'sh'));
  return { name: 'dash', path: `${folder}:${process.env.PATH}`, isMissing: program === undefined };
}

function busybox(): TestShell {
  const program = findProgram('busybox');
  const folder = createFolder();
  if (program !== undefined)
    for (const applet of execFileSync(program, ['--list'], { env: {}, encoding: 'utf8' }).split(/\s+/))
      if (applet) symlinkSync(program, join(folder, applet));
  symlinkSync(findProgram('git') ?? '/usr/bin/git', join(folder, 'git'));
  return { name: 'busybox', path: folder, isMissing: program === undefined };
}

function findProgram(name: string): string | undefined {
  return ['/usr/bin', '/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-shell-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface ProgramRun {
  /** It is null if a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program in sh with bubblewrap: in a process namespace of its own, with empty directories /opt and /usr/local. Needs
 * root. `programs`: scripts that it finds on PATH before others, by name.
 */
export async function runInShell(
  shell: TestShell,
  program: string,
  args: readonly string[] = [],
  {
    env = {},
    programs = {},
    stdin = '',
    cwd = '/',
  }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly programs?: Readonly<Record<string, string>>;
    readonly stdin?: string | Uint8Array;
    readonly cwd?: string;
  } = {},
): Promise<ProgramRun> {
  const scriptLines = Object.entries(programs).map(
    ([name, script]) =>
      `cat > /opt/test/${name} <<'END_OF_PROGRAM'\n#!/bin/sh\n${script}\nEND_OF_PROGRAM\nchmod 755 /opt/test/${name}\n`,
  );
  const start = `mkdir -p /opt/test /usr/local/bin\n${scriptLines.join('')}PATH=/opt/test:/usr/local/bin:$PATH\ncd "$1"\nshift\nexec sh -c "$@"`;
  const child = spawn(
    '/usr/bin/bwrap',
    [
      ...[
        '--dev-bind',
        '/',
        '/',
        '--unshare-pid',
        '--proc',
        '/proc',
        '--tmpfs',
        '/opt',
        '--tmpfs',
        '/usr/local',
      ],
      ...['--', 'sh', '-c', start, 'sh', cwd, program, 'sh', ...args],
    ],
    { env: { PATH: shell.path, HOME: '/opt', TMPDIR: '/opt', ...env } },
  );
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [exitCode, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return { exitCode, stdout, stderr };
}
