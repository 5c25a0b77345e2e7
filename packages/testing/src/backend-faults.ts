// This file has more than 250 lines, because it is one list of short, independent cases.
import { Buffer } from 'node:buffer';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadableStream, TransformStream, WritableStream } from 'node:stream/web';
import type { Backend, ExecOptions, Sandbox, SandboxProcess } from '@cooperbench/core';
import { ConfigError } from '@cooperbench/core';
import { hostBackend } from './host-backend.ts';

/** A backend that breaks one promise. */
export interface Fault {
  /** The name of the case that fails with this backend. */
  readonly caughtBy: string;
  readonly backend: () => Backend;
}

/** A program of Node that runs its arguments as a command in a new session. */
const inOwnGroup = `const [file, ...args] = process.argv.slice(1);
require('node:child_process').spawn(file, args, { detached: true, stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));`;

type Exec = Sandbox['exec'];
type Stream = ReadableStream<Uint8Array>;

/** Makes a backend whose sandboxes differ from those of a right backend by `change`. */
function sandboxes(change: (right: Sandbox) => Partial<Sandbox>): () => Backend {
  return () => {
    const right = hostBackend();
    return {
      async create(spec, options) {
        const sandbox = await right.create(spec, options);
        return { ...sandbox, ...change(sandbox) };
      },
    };
  };
}

/** Makes a backend that changes the arguments of each `exec`. */
const changeArguments = (
  change: (argv: readonly string[], options: ExecOptions) => Parameters<Exec>,
): (() => Backend) =>
  sandboxes(({ exec }) => ({ exec: (argv, options = {}) => exec(...change(argv, options)) }));

/** Makes a backend whose processes differ from those of a right backend by `change`. */
const processes = (change: (right: SandboxProcess) => Partial<SandboxProcess>): (() => Backend) =>
  sandboxes(({ exec }) => ({
    async exec(argv, options) {
      const process = await exec(argv, options);
      return Object.assign(Object.create(process) as SandboxProcess, process, change(process));
    },
  }));

const quote = (argv: readonly string[]): string => argv.map((arg) => `"${arg}"`).join(' ');

/** Passes on all chunks but the last one. */
function dropLastBytes(stream: Stream): Stream {
  let savedBytes: Uint8Array | undefined;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (savedBytes !== undefined) controller.enqueue(savedBytes);
        savedBytes = chunk;
      },
    }),
  );
}

/** Reads its source without waiting for its own reader, so it never holds back the writer. */
function holdBack(stream: Stream): Stream {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const releaseAll = async (): Promise<void> => {
        for await (const chunk of stream) controller.enqueue(chunk);
        controller.close();
      };
      releaseAll().catch((error: unknown) => controller.error(error));
    },
  });
}

async function* oneAfterTheOther(...streams: readonly Stream[]): AsyncGenerator<Uint8Array> {
  for (const stream of streams) yield* stream;
}

const endless = (stream: Stream): Stream =>
  stream.pipeThrough(new TransformStream({ flush: () => new Promise<void>(() => {}) }));

/** Creates a backend that keeps a disposed sandbox and returns it for the next `create`. */
function createPooledBackend(): Backend {
  const right = hostBackend();
  let usedSandbox: Sandbox | undefined;
  return {
    async create(spec, options) {
      const sandbox = usedSandbox ?? (await right.create(spec, options));
      usedSandbox = undefined;
      return {
        ...sandbox,
        async [Symbol.asyncDispose]() {
          usedSandbox = sandbox;
        },
      };
    },
  };
}

function createSharedBackend(): Backend {
  const right = hostBackend();
  let creation: Promise<Sandbox> | undefined;
  let count = 0;
  return {
    async create(spec, options) {
      creation ??= right.create(spec, options);
      count += 1;
      return { ...(await creation), id: String(count) };
    },
  };
}

/** Faulty backends, keyed by a description of the one promise that each breaks. They test conformance suites and agents. */
export const backendFaults: Readonly<Record<string, Fault>> = {
  'ignores what a sandbox needs': {
    caughtBy: 'a sandbox has the processors and the memory that it needs, or is refused by name',
    backend: () => {
      const { create } = hostBackend();
      return { create: ({ cpus: _, memoryMiB: __, ...spec }, options) => create(spec, options) };
    },
  },
  'merges standard error into standard output': {
    caughtBy: 'standard output and standard error are separate',
    backend: processes(({ stdout, stderr }) => ({
      stdout: ReadableStream.from(oneAfterTheOther(stdout, stderr)),
      stderr: ReadableStream.from([]),
    })),
  },
  'loses the last chunk': {
    caughtBy: 'both outputs, written concurrently, arrive whole, to the last byte',
    backend: processes(({ stdout }) => ({ stdout: dropLastBytes(stdout) })),
  },
  'never closes standard output': {
    caughtBy: 'a program whose input is never closed still ends, and so do its outputs',
    backend: processes(({ stdout }) => ({ stdout: endless(stdout) })),
  },
  'reads output that nobody asked for': {
    caughtBy: 'a program whose output is not read is held back, and loses none of it',
    backend: processes(({ stdout }) => ({ stdout: holdBack(stdout) })),
  },
  'takes input that nobody reads': {
    caughtBy: 'a writer to a program that does not read is held back, and loses nothing',
    backend: processes(({ stdin }) => {
      const writer = stdin.getWriter();
      return {
        stdin: new WritableStream({
          write: (chunk) => void writer.write(chunk).catch(() => {}),
          close: () => writer.close(),
        }),
      };
    }),
  },
  'keeps standard input open': {
    caughtBy: 'a program sees its standard input end, and its output continues',
    backend: processes(({ stdin }) => {
      const writer = stdin.getWriter();
      return { stdin: new WritableStream({ write: (chunk) => writer.write(chunk) }) };
    }),
  },
  'closes standard output with standard input': {
    caughtBy: 'a program sees its standard input end, and its output continues',
    backend: processes(({ stdin, stdout }) => {
      const writer = stdin.getWriter();
      const cutController = new AbortController();
      const passThrough = new TransformStream<Uint8Array, Uint8Array>();
      stdout.pipeTo(passThrough.writable, { signal: cutController.signal }).catch(() => {});
      return {
        stdout: passThrough.readable,
        stdin: new WritableStream({
          write: (chunk) => writer.write(chunk),
          async close() {
            cutController.abort();
            await writer.close();
          },
        }),
      };
    }),
  },
  'answers only when the program has ended': {
    caughtBy: 'input and output can alternate line by line',
    backend: processes(({ stdout, wait }) => {
      const allBytes = Array.fromAsync(stdout);
      return {
        stdout: new ReadableStream({
          async start(controller) {
            await wait();
            controller.enqueue(Buffer.concat(await allBytes));
            controller.close();
          },
        }),
      };
    }),
  },
  'waits until nobody holds its output open': {
    caughtBy: 'wait ends with the process, even while a child that it left running holds its outputs open',
    backend: processes(({ stdout, wait }) => {
      const [copy, watched] = stdout.tee();
      const watchedBytes = Array.fromAsync(watched);
      return { stdout: copy, wait: async () => (await watchedBytes) && wait() };
    }),
  },
  'swallows exit codes': {
    caughtBy: 'an exit code is a result',
    backend: processes(({ wait }) => ({ wait: async () => (await wait()) && 0 })),
  },
  'rejects when a program fails': {
    caughtBy: 'an exit code is a result',
    backend: processes(({ wait }) => ({
      async wait() {
        const code = await wait();
        if (code !== 0) throw new Error(`exit code ${code}`);
        return code;
      },
    })),
  },
  'tells a death by signal as exit code 1': {
    caughtBy: 'a process that signal n ended exits with 128 + n',
    backend: processes(({ wait }) => ({
      wait: async () => ((code) => (code > 128 ? 1 : code))(await wait()),
    })),
  },
  'tells a missing executable as exit code 1': {
    caughtBy: 'a missing executable exits 127 with a line on standard error',
    backend: processes(({ wait }) => ({
      wait: async () => ((code) => (code === 127 ? 1 : code))(await wait()),
    })),
  },
  'runs everything through a shell, with quotes': {
    caughtBy: 'arguments arrive as they are, without a shell in between',
    backend: changeArguments((argv, options) => [['sh', '-c', quote(argv)], options]),
  },
  'splits a program from its arguments at spaces': {
    caughtBy: 'a program at an odd path is run like any other',
    backend: changeArguments(([file = '', ...args], options) => [[...file.split(' '), ...args], options]),
  },
  'ignores cwd': {
    caughtBy: 'the working directory is the repository, or the one given',
    backend: changeArguments((argv, { cwd: _, ...options }) => [argv, options]),
  },
  'ignores env': {
    caughtBy: 'variables given to exec are added to the environment, for that exec',
    backend: changeArguments((argv, { env: _, ...options }) => [argv, options]),
  },
  "hands the host's environment on": {
    caughtBy: "the host's environment stays on the host",
    backend: changeArguments((argv, options) => [
      argv,
      { ...options, env: { ...(process.env as Record<string, string>), ...options.env } },
    ]),
  },
  'does not hear an abort': {
    caughtBy: 'abort ends a running command, whose wait rejects with the reason',
    backend: changeArguments((argv, { signal: _, ...options }) => [argv, options]),
  },
  'lets a command run that is aborted as it starts': {
    caughtBy: 'abort right after the start ends the command as well',
    backend: sandboxes(({ exec }) => ({
      async exec(argv, { signal, ...options } = {}) {
        const heardController = new AbortController();
        const process = await exec(argv, { ...options, signal: heardController.signal });
        const started = Date.now();
        signal?.addEventListener('abort', () => {
          if (Date.now() - started > 1000) heardController.abort(signal.reason);
        });
        return { ...process, wait: () => Promise.race([process.wait(), waitForAbort(signal)]) };
      },
    })),
  },
  'leaves the grandchild when aborted': {
    caughtBy: 'abort ends grandchildren',
    backend: sandboxes(({ exec }) => ({
      async exec(argv, { signal, ...options } = {}) {
        // In its own process group, which the host's kill does not reach.
        const running = await exec([process.execPath, '-e', inOwnGroup, ...argv], options);
        return {
          ...running,
          async wait() {
            const code = await Promise.race([running.wait(), waitForAbort(signal)]);
            signal?.throwIfAborted();
            return code;
          },
        };
      },
    })),
  },
  'asks politely to end': {
    caughtBy: 'abort ends a command that ignores signals',
    backend: sandboxes(({ exec }) => ({
      async exec(argv, { signal, ...options } = {}) {
        const script = 'echo $$ >"$HOME/pid-$1"; name=$1; shift; exec "$@"';
        const name = String(Math.random());
        const process = await exec(['sh', '-c', script, 'sh', name, ...argv], options);
        signal?.addEventListener(
          'abort',
          () => void exec(['sh', '-c', 'kill "$(cat "$HOME/pid-$1")"', 'sh', name]),
        );
        return {
          ...process,
          async wait() {
            const code = await process.wait();
            signal?.throwIfAborted();
            return code;
          },
        };
      },
    })),
  },
  'mangles bytes from 0x80 on': {
    caughtBy: 'any bytes can be written and read back: NULs, surrounding blanks, none, 20 MB',
    backend: sandboxes(({ writeFile }) => ({
      writeFile: (path, content, options) => writeFile(path, Buffer.from(content).toString('utf8'), options),
    })),
  },
  'trims what it reads': {
    caughtBy: 'any bytes can be written and read back: NULs, surrounding blanks, none, 20 MB',
    backend: sandboxes(({ readFile }) => ({
      readFile: async (path, options) =>
        Buffer.from(
          Buffer.from(await readFile(path, options))
            .toString('latin1')
            .trim(),
          'latin1',
        ),
    })),
  },
  'writes through a shell, with quotes': {
    caughtBy: 'odd file names are just names',
    backend: sandboxes(({ exec }) => ({
      async writeFile(path, content) {
        const process = await exec(['sh', '-c', `mkdir -p "$(dirname "${path}")"; cat >"${path}"`]);
        const writer = process.stdin.getWriter();
        await writer.write(Buffer.from(content));
        await writer.close();
        await process.wait();
      },
    })),
  },
  'appends to what was there': {
    caughtBy: 'text is written as UTF-8, over what was there',
    backend: sandboxes(({ readFile, writeFile }) => ({
      async writeFile(path, content, options) {
        const bytesBefore = await readFile(path).catch(() => new Uint8Array());
        await writeFile(path, Buffer.concat([bytesBefore, Buffer.from(content)]), options);
      },
    })),
  },
  'reads a missing file as an empty one': {
    caughtBy: 'a file that cannot be read is a SandboxError SANDBOX_FILE',
    backend: sandboxes(({ readFile }) => ({
      readFile: (path, options) => readFile(path, options).catch(() => new Uint8Array()),
    })),
  },
  'gives every sandbox the same folder': {
    caughtBy: 'sandboxes created concurrently are separate and say what they were created from',
    backend: createSharedBackend,
  },
  'gives a used sandbox to the next': {
    caughtBy: 'a sandbox created after another one starts fresh',
    backend: createPooledBackend,
  },
  'throws when disposed of twice': {
    caughtBy: 'disposing twice, even concurrently, is harmless',
    backend: sandboxes((right) => {
      let isGone = false;
      return {
        async [Symbol.asyncDispose]() {
          if (isGone) throw new Error('no such sandbox');
          isGone = true;
          await right[Symbol.asyncDispose]();
        },
      };
    }),
  },
  'works on after it was disposed of': {
    caughtBy: 'a sandbox that was disposed of answers with SandboxErrors',
    backend: sandboxes(() => ({ [Symbol.asyncDispose]: async () => {} })),
  },
  'makes a sandbox whose creation was aborted': {
    caughtBy: 'no sandbox is made when the signal has aborted',
    backend: () => {
      const right = hostBackend();
      return { create: (spec) => right.create(spec) };
    },
  },
  'forgets a sandbox whose creation was aborted': {
    caughtBy: 'a create that is aborted leaves nothing, and the next one works',
    backend: () => {
      const right = hostBackend();
      return {
        async create(spec, { signal } = {}) {
          signal?.throwIfAborted();
          return await Promise.race([right.create(spec), waitForAbort(signal)]);
        },
      };
    },
  },
  'refuses names of the longest kind': {
    caughtBy: 'any name and any labels that a spec may have are taken',
    backend: () => {
      const right = hostBackend();
      return {
        async create(spec, options) {
          if (!/^[a-z][a-z0-9-]{0,40}$/.test(spec.name)) throw new Error('invalid name');
          return right.create(spec, options);
        },
      };
    },
  },
  'cleans what is in use': {
    caughtBy: 'clean leaves the sandboxes of a live run alone',
    backend: () => {
      const right = hostBackend();
      const open: Sandbox[] = [];
      return {
        async create(spec, options) {
          const sandbox = await right.create(spec, options);
          open.push(sandbox);
          return sandbox;
        },
        async clean() {
          for (const sandbox of open) await sandbox[Symbol.asyncDispose]();
          return [];
        },
      };
    },
  },
  'says several lines as one before a run': {
    caughtBy: 'preflight resolves with lines for the user, however often it is called',
    backend: () => ({ ...hostBackend(), preflight: async () => ['one\ntwo'] }),
  },
  'makes a folder before a run': {
    caughtBy: 'preflight changes nothing: no network, image, file or sandbox is left',
    backend: () => ({
      ...hostBackend(),
      async preflight() {
        await mkdtemp(join(tmpdir(), `cooperbench-host-preflight-${process.pid}-`));
        return [];
      },
    }),
  },
  'does not say which network its sandboxes have': {
    caughtBy: 'resolveNetwork says which network sandboxes have',
    backend: sandboxes(() => ({})),
  },
  'gives a network to sandboxes that must have none': {
    caughtBy: 'resolveNetwork says which network sandboxes have',
    backend: () => ({ ...hostBackend(), resolveNetwork: async () => 'open' }),
  },
  'refuses untrusted work before a run, and takes it within': {
    caughtBy: 'untrusted work gets a sandbox or a ConfigError, the same before a run as during it',
    backend: () => ({
      ...hostBackend(),
      async preflight({ untrusted }) {
        if (untrusted) throw new ConfigError('UNISOLATED', 'nothing isolates');
        return [];
      },
    }),
  },
};

function waitForAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
