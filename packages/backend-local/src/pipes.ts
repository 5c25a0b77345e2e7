import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildChildEnvironment } from '@cooperbench/core';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const batch = 48;

/** The outputs of a process that is about to start. */
export interface Output {
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** The process's ends, for `spawn`. Call `closeEnds` after it. */
  readonly ends: readonly [stdout: number, stderr: number];
  closeEnds(): void;
}

/**
 * Creates pipes for the outputs of processes. Node gives its children sockets, which cannot be opened by name: unlike
 * everywhere else, `echo >/dev/stderr` would fail in a sandbox. (Input stays a socket, because opening a named pipe whose
 * writer has closed it hangs.)
 */
export class Pipes {
  readonly #folder: string;
  #free: string[] = [];
  #made = 0;
  #refill: Promise<void> | undefined;

  /** No sandbox may reach `folder`. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<Output> {
    while (this.#free.length < 2) {
      this.#refill ??= this.#make().finally(() => {
        this.#refill = undefined;
      });
      await this.#refill;
    }
    const [first = '', second = ''] = this.#free.splice(0, 2);
    const output = openBoth(first);
    const error = openBothAfter(output, second);
    const parentEnds = [output.writer, error.writer] as const;
    return {
      stdout: new Socket({ fd: output.reader, readable: true, writable: false }),
      stderr: new Socket({ fd: error.reader, readable: true, writable: false }),
      ends: parentEnds,
      closeEnds() {
        for (const end of parentEnds) closeSync(end);
      },
    };
  }

  async #make(): Promise<void> {
    const names = Array.from({ length: batch }, () => join(this.#folder, String(this.#made++)));
    // A process may open its output by name (/dev/stdout) only if its user may write to the pipe.
    await promisify(execFile)('mkfifo', ['-m', '666', ...names], { env: buildChildEnvironment() });
    this.#free.push(...names);
  }
}

interface Ends {
  readonly reader: number;
  readonly writer: number;
}

/** Returns the reader first and without waiting, so that the writer need not wait for it. */
function openBoth(path: string): Ends {
  const reader = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    return { reader, writer: openSync(path, O_WRONLY) };
  } catch (error) {
    closeSync(reader);
    throw error;
  } finally {
    unlinkSync(path);
  }
}

function openBothAfter({ reader, writer }: Ends, path: string): Ends {
  try {
    return openBoth(path);
  } catch (error) {
    for (const end of [reader, writer]) closeSync(end);
    throw error;
  }
}
