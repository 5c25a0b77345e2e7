import { ReadableStream, WritableStream } from 'node:stream/web';
import type { Backend, Sandbox, SandboxProcess } from '@cooperbench/core';

/** What is wrong with a method: it never answers, it throws, or it returns undefined. */
export type MethodFault = 'hangs' | 'throws' | 'returns nothing';

export interface FaultyMethods {
  /** Such as `exec`; `dispose` for `[Symbol.asyncDispose]`. A stream, such as `stdout`, may have a fault, too. */
  readonly methods: readonly string[];
  readonly fault: MethodFault;
  /** Methods that do their work before they fail. */
  readonly after?: readonly string[];
  /** Called whenever one of the methods is. */
  readonly onCall?: () => void;
}

/** Returns a copy of an object whose methods have a fault, for tests of what calls them. */
export function withFaults<T extends object>(
  object: T,
  { methods, fault, after = [], onCall }: FaultyMethods,
): T {
  const throwFault = (): unknown => {
    onCall?.();
    if (fault === 'throws') throw new Error('boom');
    return fault === 'hangs' ? createHangingValue() : undefined;
  };
  const faultyMethods = methods.map((name): [PropertyKey, unknown] => {
    if (/^std(in|out|err)$/.test(name))
      return [name, fault === 'returns nothing' ? throwFault() : createFaultyStream(name, throwFault)];
    const key = name === 'dispose' ? Symbol.asyncDispose : name;
    const method = object[key as keyof T] as ((...callArguments: unknown[]) => unknown) | undefined;
    const waitForever = async (...callArguments: unknown[]): Promise<unknown> => {
      await method?.apply(object, callArguments);
      return throwFault();
    };
    return [key, after.includes(name) ? waitForever : throwFault];
  });
  return { ...object, ...Object.fromEntries(faultyMethods) };
}

/** Creates a promise, or a sequence, that never answers. */
function createHangingValue(): unknown {
  const neverSettles = new Promise<never>(() => {});
  return Object.assign(neverSettles, { [Symbol.asyncIterator]: () => ({ next: () => neverSettles }) });
}

function createFaultyStream(name: string, throwFault: () => unknown): ReadableStream | WritableStream {
  const step = async (): Promise<void> => void (await throwFault());
  // Without a queue, nothing is read before somebody asks.
  if (name !== 'stdin') return new ReadableStream({ pull: step }, { highWaterMark: 0 });
  return new WritableStream({ write: step, close: step });
}

/** Faults of a backend by name: of its own methods (`create`), of its sandboxes' (`sandbox.exec`) and of their processes' (`process.wait`). */
export function faultyBackend(
  backend: Backend,
  { methods, fault, onCall }: Omit<FaultyMethods, 'after'>,
): Backend {
  const listMethods = (kind: string): string[] =>
    methods.flatMap((name) => (name.startsWith(`${kind}.`) ? name.slice(kind.length + 1) : []));
  const common = { fault, ...(onCall && { onCall }) };
  const process = (sandboxProcess: SandboxProcess): SandboxProcess => {
    const { stdin, stdout, stderr } = sandboxProcess;
    const plainProcess = {
      stdin,
      stdout,
      stderr,
      wait: () => sandboxProcess.wait(),
      kill: () => sandboxProcess.kill(),
    };
    return withFaults(plainProcess, { methods: listMethods('process'), ...common });
  };
  const createSandbox = (real: Sandbox): Sandbox =>
    // A sandbox that is not disposed would stay behind.
    withFaults(
      { ...real, exec: async (...callArguments) => process(await real.exec(...callArguments)) },
      { methods: listMethods('sandbox'), after: ['dispose'], ...common },
    );
  const { create } = backend;
  const plainBackend = {
    ...backend,
    create: async (...callArguments: Parameters<typeof create>) =>
      createSandbox(await create.apply(backend, callArguments)),
  };
  return withFaults(plainBackend, { methods: methods.filter((name) => !name.includes('.')), ...common });
}

/** What may be wrong with a machine. `full disk`: no file can grow. `killed`: a signal ends each command. */
export type MachineFault = 'full disk' | 'killed';

/** Returns a backend whose sandboxes have a fault of the machine once `isBroken` says so. */
export function brokenBackend(
  backend: Backend,
  fault: MachineFault,
  isBroken: () => boolean = () => true,
): Backend {
  // With the signal ignored, writing fails as on a full disk: with an error that the command reports.
  const onFullDisk = ['sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh'];
  const { create } = backend;
  return {
    ...backend,
    async create(...callArguments) {
      const sandbox = await create.apply(backend, callArguments);
      return {
        ...sandbox,
        async exec(argv, options) {
          if (!isBroken()) return sandbox.exec(argv, options);
          if (fault === 'full disk') return sandbox.exec([...onFullDisk, ...argv], options);
          return sandbox.exec(['sh', '-c', 'kill -9 $$'], options);
        },
      };
    },
  };
}
