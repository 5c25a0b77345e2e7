import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { constants, existsSync, lstatSync, mkdirSync, openSync, readlinkSync } from 'node:fs';
import { mkdir, rm, unlink, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const { O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
const { signals } = os;

/** The folders of an image that it may fill; everything else is this machine's. */
const own = ['etc', 'home', 'opt', 'patches', 'root', 'tmp', 'usr/local', 'workspace'];

/** What this machine's programs need of its /etc. */
const linking = ['alternatives', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d'].map((name) => `/etc/${name}`);

/** A program in a machine. */
export interface Program {
  readonly stdin: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** Negative: the signal that ended it. */
  readonly ended: Promise<number>;
}

/** Where commands of a fake sandbox or a fake build run. */
export interface Machine {
  run(argv: readonly string[], env: Readonly<Record<string, string>>, cwd: string): Promise<Program>;
  end(): Promise<void>;
}

/** `bubblewrap`: its own processes and folders. `plain`: processes of this machine, with paths put in their arguments. */
export type Kind = 'bubblewrap' | 'plain';

/** Makes the folders of an image that has nothing of its own. */
export async function emptyImage(folder: string): Promise<void> {
  for (const name of [...own, 'usr/local/bin']) await mkdir(join(folder, name), { recursive: true });
  const etc: Record<string, string> = {
    passwd: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
    group: 'root:x:0:\nnogroup:x:65534:\n',
    hosts: '127.0.0.1 localhost\n',
  };
  for (const [name, text] of Object.entries(etc)) await writeFile(join(folder, 'etc', name), text);
}

/** By a program: Node's own copy takes thirty times the processor time. */
export async function copyImage(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['--archive', '--no-target-directory', from, to]);
}

/** Starts a machine over an image's folders, which it may change. */
export function startMachine(kind: Kind, folder: string): Machine {
  return kind === 'bubblewrap' ? confinedMachine(folder) : plainMachine(folder);
}

function plainMachine(folder: string): Machine {
  const groups = new Map<string, number>();
  const write = (text: string): string =>
    text.replaceAll(/(?<![\w.-])\/(workspace|patches)\b/g, `${folder}/$1`);
  return {
    async run(argv, env, cwd) {
      const marker = write(argv.at(-1) ?? '');
      const asks = (text: string): boolean => argv.some((name) => name.includes(text));
      if (asks('kill -STOP -1') || asks('kill -KILL -1')) {
        // On this machine, it would reach everything.
        for (const [mark, group] of groups) if (mark === marker || asks('kill -KILL -1')) killGroup(group);
        return this.run(['true'], env, cwd);
      }
      const [file = '', ...args] = argv.map(write);
      const own = { ...environment, HOME: `${folder}/root`, TMPDIR: `${folder}/tmp` };
      const child = spawn(file, args, { cwd: write(cwd), env: { ...own, ...env }, detached: true });
      if (child.pid !== undefined) groups.set(`COOPERBENCH_EXEC=${env.COOPERBENCH_EXEC}`, child.pid);
      const end = new Promise<number>((resolve) => {
        child.once('error', () => resolve(127));
        child.once('exit', (code, signal) => resolve(code ?? -signals[signal ?? 'SIGKILL']));
      });
      const { stdin, stdout, stderr } = child as unknown as Omit<Program, 'ended'>;
      return { stdin, stdout, stderr, ended: end };
    },
    async end() {
      for (const group of groups.values()) killGroup(group);
    },
  };
}

function confinedMachine(folder: string): Machine {
  const pipes = `${folder}.pipes`;
  mkdirSync(pipes, { recursive: true });
  const init = fileURLToPath(new URL('init.py', import.meta.url));
  const words = [...confined(folder, pipes), '--ro-bind', init, '/run/init.py', 'python3', '/run/init.py'];
  const child = spawn('bwrap', words, { env: {} });
  const asked = new Map<string, (answer: Answer) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    asked.get(`${answer.id}${answer.ended === undefined ? '' : ' ended'}`)?.(answer);
  });
  let output = '';
  child.stderr.on('data', (bytes) => {
    output += bytes;
  });
  const exit = new Promise<never>((_, reject) => {
    child.on('close', () => reject(new Error(`The fake machine ended. ${output}`)));
    child.on('error', reject);
  });
  exit.catch(() => {});
  const ready = new Promise<unknown>((resolve) => asked.set('ready', resolve));
  let programs = 0;
  const hear = (key: string): Promise<Answer> => {
    const heard = new Promise<Answer>((resolve) => asked.set(key, resolve));
    return Promise.race([heard, exit]).finally(() => asked.delete(key));
  };
  const ask = (message: object): void => void child.stdin.write(`${JSON.stringify(message)}\n`);

  return {
    async run(argv, env, cwd) {
      programs += 1;
      const id = String(programs);
      const prepared = hear(id);
      ask({ id, pipes: `/run/pipes/${id}` });
      await prepared;
      const open = (number: number, flags: number): number => openSync(`${pipes}/${id}.${number}`, flags);
      const [input, output, error] = [
        open(0, O_RDWR | O_NONBLOCK),
        open(1, O_RDONLY | O_NONBLOCK),
        open(2, O_RDONLY | O_NONBLOCK),
      ];
      const started = hear(id);
      const end = hear(`${id} ended`).then((answer) => answer.ended ?? -9);
      end.catch(() => {});
      ask({ id, pipes: `/run/pipes/${id}`, argv, env: { ...environment, ...env }, cwd });
      await started;
      await Promise.all([0, 1, 2].map((number) => unlink(`${pipes}/${id}.${number}`)));
      return {
        stdin: new Socket({ fd: input, readable: false, writable: true }),
        stdout: new Socket({ fd: output, readable: true, writable: false }),
        stderr: new Socket({ fd: error, readable: true, writable: false }),
        ended: end,
      };
    },
    async end() {
      // Killed before its first process runs, bubblewrap leaves one behind that waits for ever.
      await Promise.race([ready, exit]).catch(() => {});
      await endChild(child);
      await rm(pipes, { recursive: true, force: true });
    },
  };
}

interface Answer {
  readonly id: string;
  readonly ended?: number;
}

const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
};

function confined(folder: string, pipes: string): string[] {
  const system = ['/bin', '/sbin', '/lib', '/lib32', '/lib64'].flatMap((path) => {
    if (!existsSync(path)) return [];
    return lstatSync(path).isSymbolicLink()
      ? ['--symlink', readlinkSync(path), path]
      : ['--ro-bind', path, path];
  });
  return [
    ...[
      '--unshare-all',
      '--unshare-user',
      '--uid',
      '0',
      '--gid',
      '0',
      '--as-pid-1',
      '--die-with-parent',
      '--clearenv',
    ],
    ...['--setenv', 'PATH', environment.PATH],
    ...['--ro-bind', '/usr', '/usr', ...system],
    ...own.flatMap((name) => ['--bind', join(folder, name), `/${name}`]),
    ...linking.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--proc', '/proc', '--dev', '/dev', '--dir', '/run', '--bind', pipes, '/run/pipes'],
  ];
}

function killGroup(group: number): void {
  try {
    if (group > 1) process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

async function endChild(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.destroy();
  child.kill('SIGKILL');
  await end;
}
