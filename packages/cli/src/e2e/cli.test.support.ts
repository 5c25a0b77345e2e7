import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** The workspace's own command, as `tsc -b` built it. */
export const bin: string = new URL('../../bin/run.js', import.meta.url).pathname;
export const sampleDataset: string = new URL('../../../../dataset', import.meta.url).pathname;

export { slowness } from '@cooperbench/testing';

/** What runs on the local backend say first on a machine without bubblewrap, as that of tests that need no service. */
export const unisolated =
  '[CooperBench] Warning: The local backend runs sandboxes as plain processes, which isolates nothing: bubblewrap is not installed.\n';

/** Folders of one test. `tmp` is the command's temporary folder, so that whatever it leaves there is seen. */
export interface Scratch {
  readonly root: string;
  readonly tmp: string;
  readonly logs: string;
}

/** Makes them. They go, and whatever was started on them ends, when `cleanUp` says so: by default after the test. */
export function createScratch(cleanUp: (work: () => void) => void = onTestFinished): Scratch {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'cooperbench-e2e-')));
  const place = { root, tmp: join(root, 'tmp'), logs: join(root, 'logs') };
  mkdirSync(place.tmp);
  cleanUp(() => {
    for (const child of started.get(root) ?? []) child.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  return place;
}

const started = new Map<string, ChildProcess[]>();

export interface Ending {
  /** It is null if ended by `signal`. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess & { readonly pid: number };
  readonly ended: Promise<Ending>;
  /** Resolves when a line of standard output matches, or the command has ended. */
  line(wanted: (line: string) => boolean): Promise<void>;
}

export interface How {
  readonly env?: Readonly<Record<string, string>>;
  readonly command?: string;
  /** Default: true, because a test writes the code in its folder itself. */
  readonly trust?: boolean;
}

export function trustIn({ trust = true }: How): Record<string, string> {
  return trust ? { COOPERBENCH_TRUST: '1' } : {};
}

/** Starts the command with its own environment: nothing of the user's settings or keys reaches it. */
export function start(scratch: Scratch, args: readonly string[], options: How = {}): Running {
  const { env = {}, command = bin } = options;
  const child = spawn(process.execPath, [command, ...args], {
    cwd: scratch.root,
    env: {
      PATH: process.env.PATH,
      HOME: scratch.root,
      TMPDIR: scratch.tmp,
      DOCKER_HOST: process.env.DOCKER_HOST,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      ...trustIn(options),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.set(scratch.root, [...(started.get(scratch.root) ?? []), child]);
  const lines = createInterface({ input: child.stdout });
  const closed = new Promise<Pick<Ending, 'code' | 'signal'>>((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve({ code, signal }));
  });
  const end = Promise.all([closed, text(child.stdout), text(child.stderr)]).then(([end, stdout, stderr]) => ({
    ...end,
    stdout,
    stderr,
  }));
  return {
    child: child as Running['child'],
    ended: end,
    line: (wanted) =>
      new Promise((resolve) => {
        lines.on('line', (line) => wanted(line) && resolve());
        end.then(() => resolve(), resolve);
      }),
  };
}

/** Runs the command to its end. */
export function cooperbench(scratch: Scratch, args: readonly string[], options?: How): Promise<Ending> {
  return start(scratch, args, options).ended;
}
