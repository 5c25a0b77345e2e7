import { format } from 'node:util';
import { run } from '@oclif/core/run';
import { bin, type Ending, type How, type Scratch, trustIn } from './cli.test.support.ts';

class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

let before: Promise<unknown> = Promise.resolve();

/**
 * Runs the command in this process, ten times as fast as in its own. For what a command reads, says and writes; what
 * becomes of signals, streams and exits is for `cooperbench`. The folder, the environment and the streams are the
 * process's, so one command runs at a time.
 */
export function runInProcess(scratch: Scratch, args: readonly string[], options: How = {}): Promise<Ending> {
  const ending = before.then(() => runHere(scratch, args, { ...trustIn(options), ...options.env }));
  before = ending.catch(() => {});
  return ending;
}

async function runHere(
  scratch: Scratch,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ending> {
  const output = { stdout: '', stderr: '' };
  const undo: (() => void)[] = [];
  using _ = {
    [Symbol.dispose]() {
      for (const one of undo.reverse()) one();
    },
  };
  const replace = <T extends object, K extends keyof T>(object: T, key: K, value: T[K]): void => {
    const old = object[key];
    object[key] = value;
    undo.push(() => {
      object[key] = old;
    });
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    const listeners = process[stream].listeners('error');
    undo.push(() => {
      for (const added of process[stream].listeners('error'))
        if (!listeners.includes(added)) process[stream].off('error', added as () => void);
    });
    const write = (text: string | Uint8Array): boolean => {
      output[stream] += text;
      return true;
    };
    replace(process[stream], 'write', write as typeof process.stdout.write);
    replace(console, stream === 'stdout' ? 'log' : 'error', (...words) => write(`${format(...words)}\n`));
  }
  replace(process, 'exit', (code) => {
    throw new Exit(Number(code ?? process.exitCode ?? 0));
  });
  replace(process, 'exitCode', undefined);
  const cwd = process.cwd();
  undo.push(() => process.chdir(cwd));
  process.chdir(scratch.root);
  const { PATH, DOCKER_HOST } = process.env;
  const daemon = DOCKER_HOST === undefined ? {} : { DOCKER_HOST };
  undo.push(setEnvironment({ PATH, HOME: scratch.root, TMPDIR: scratch.tmp, ...daemon, ...env }));
  const code = await run([...args], bin).then(
    () => Number(process.exitCode ?? 0),
    (error: { oclif?: { exit?: number } }) => {
      if (error instanceof Exit) return error.code;
      if (error.oclif?.exit === undefined) throw error;
      return error.oclif.exit;
    },
  );
  return { code, signal: null, ...output };
}

/** Changes the variables themselves: what reads `.env` does not look at another object in the place of `process.env`. */
function setEnvironment(expected: NodeJS.ProcessEnv): () => void {
  const old = { ...process.env };
  const set = (variables: NodeJS.ProcessEnv): void => {
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, variables);
  };
  set(expected);
  return () => set(old);
}
