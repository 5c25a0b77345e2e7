import { iterateUntilAborted } from '../async/until-aborted.ts';
import type { Backend, Sandbox } from '../contracts/backend.ts';
import type { JobResult } from '../contracts/jobs.ts';
import type { SandboxProcess } from '../contracts/workspace.ts';
import { type CallBounds, callPlugin } from './call-plugin.ts';
import { type RequiredMembers, requireMembers } from './plugin-fault.ts';

const sandboxMembers: RequiredMembers = {
  ...{ id: 'string', origin: 'object', repoDir: 'string', patchesDir: 'string' },
  ...{ exec: 'function', readFile: 'function', writeFile: 'function', [Symbol.asyncDispose]: 'function' },
};
const processMembers: RequiredMembers = {
  ...{ stdin: 'object', stdout: 'object', stderr: 'object', wait: 'function', kill: 'function' },
};

/**
 * Bounds the calls into a backend and its sandboxes. Disposes a sandbox that comes after its caller has stopped waiting. A
 * command has no time limit here, because only its caller knows how long it may run.
 */
export function guardBackend(backend: Backend, bounds: CallBounds): Backend {
  const { title, limits, closing } = bounds;
  const label = (method: string): string => `${title} failed in ${method}`;
  const creating = new Set<Promise<void>>();
  const prepare = backend.prepare?.bind(backend);
  const hasImage = backend.hasImage?.bind(backend);
  const hasKept = backend.hasKept?.bind(backend);
  const runJobs = backend.runJobs?.bind(backend);
  const clean = backend.clean?.bind(backend);
  const preflight = backend.preflight?.bind(backend);
  const resolveNetwork = backend.resolveNetwork?.bind(backend);
  const isIsolated = backend.isIsolated?.bind(backend);
  return {
    async create(spec, options) {
      options?.signal?.throwIfAborted();
      let creation: Promise<Sandbox> | undefined;
      const { promise: cleanup, resolve } = Promise.withResolvers<void>();
      creating.add(cleanup);
      try {
        const sandbox = await callPlugin(
          label('create'),
          (signal) => {
            const make = async (): Promise<Sandbox> =>
              requireMembers(await backend.create(spec, { ...options, signal }), sandboxMembers, 'create');
            creation = make();
            return creation;
          },
          { limitMs: limits.open, signal: options?.signal },
        );
        resolve();
        return guardSandbox(sandbox, bounds);
      } catch (error) {
        creation?.then((sandbox) => sandbox[Symbol.asyncDispose]()).then(resolve, () => resolve());
        throw error;
      } finally {
        cleanup.then(() => creating.delete(cleanup));
      }
    },
    ...(prepare && {
      prepare: (source, options) =>
        callPlugin(label('prepare'), (signal) => prepare(source, { ...options, signal }), {
          signal: options?.signal,
        }),
    }),
    ...(hasImage && {
      hasImage: (source, options) =>
        callPlugin(label('hasImage'), (signal) => hasImage(source, { ...options, signal }), {
          limitMs: limits.call,
          signal: options?.signal,
        }),
    }),
    ...(hasKept && {
      hasKept: (source, options) =>
        callPlugin(label('hasKept'), (signal) => hasKept(source, { ...options, signal }), {
          limitMs: limits.open,
          signal: options?.signal,
        }),
    }),
    ...(runJobs && {
      async *runJobs(jobs, options) {
        for await (const result of iterateUntilAborted(runJobs(jobs, options), closing)) {
          checkJobResult(result);
          yield result;
        }
      },
    }),
    ...(clean && {
      clean: (options) =>
        callPlugin(label('clean'), (signal) => clean({ ...options, signal }), { signal: options?.signal }),
    }),
    ...(preflight && { preflight }),
    ...(resolveNetwork && {
      resolveNetwork: (network, options) =>
        callPlugin(label('resolveNetwork'), (signal) => resolveNetwork(network, { ...options, signal }), {
          limitMs: limits.call,
          signal: options?.signal,
        }),
    }),
    ...(isIsolated && {
      isIsolated: (options) =>
        callPlugin(label('isIsolated'), (signal) => isIsolated({ ...options, signal }), {
          limitMs: limits.call,
          signal: options?.signal,
        }),
    }),
    /** Also waits for the sandboxes that are still being made, because nobody else disposes them. */
    async [Symbol.asyncDispose]() {
      await Promise.all([backend[Symbol.asyncDispose]?.(), ...creating]);
    },
  };
}

function guardSandbox(sandbox: Sandbox, bounds: CallBounds): Sandbox {
  const { title, limits, closing } = bounds;
  const label = (method: string): string => `${title} failed in ${method}`;
  const { id, origin, repoDir, patchesDir } = sandbox;
  const restart = sandbox.restart?.bind(sandbox);
  const hostFault = sandbox.hostFault?.bind(sandbox);
  const interruption = sandbox.interruption?.bind(sandbox);
  const keepSandbox = sandbox.keep?.bind(sandbox);
  return {
    ...{ id, origin, repoDir, patchesDir },
    async exec(argv, options) {
      const start = async (): Promise<SandboxProcess> =>
        requireMembers(await sandbox.exec(argv, options), processMembers, 'exec');
      const discard = (sandboxProcess: SandboxProcess): Promise<void> => sandboxProcess.kill();
      const started = await callPlugin(label('exec'), start, { signal: options?.signal, discard });
      return guardProcess(started, bounds);
    },
    readFile: (path, options) =>
      callPlugin(label('readFile'), () => sandbox.readFile(path, options), { signal: options?.signal }),
    writeFile: (path, content, options) =>
      callPlugin(label('writeFile'), () => sandbox.writeFile(path, content, options), {
        signal: options?.signal,
      }),
    ...(restart && {
      restart: () => callPlugin(label('restart'), restart, { limitMs: limits.collect, signal: closing }),
    }),
    ...(keepSandbox && {
      keep: (key, options) =>
        callPlugin(label('keep'), (signal) => keepSandbox(key, { ...options, signal }), {
          limitMs: limits.open,
          signal: options?.signal,
        }),
    }),
    ...(hostFault && {
      hostFault: () =>
        callPlugin(label('hostFault'), hostFault, { limitMs: limits.collect, signal: closing }),
    }),
    ...(interruption && {
      interruption: (sinceMs) =>
        callPlugin(label('interruption'), () => interruption(sinceMs), {
          limitMs: limits.call,
          signal: closing,
        }),
    }),
    [Symbol.asyncDispose]: () =>
      callPlugin(label('dispose'), () => sandbox[Symbol.asyncDispose](), {
        limitMs: limits.close,
        signal: closing,
      }),
  };
}

function guardProcess(process: SandboxProcess, { title, limits, closing }: CallBounds): SandboxProcess {
  const { stdin, stdout, stderr } = process;
  const waitForEnd = async (): Promise<number> => {
    const exitCode = await process.wait();
    if (typeof exitCode === 'number') return exitCode;
    throw new TypeError(`wait returns ${String(exitCode)}.`);
  };
  let pendingExit: Promise<number> | undefined;
  return {
    ...{ stdin, stdout, stderr },
    wait() {
      pendingExit ??= callPlugin(`${title} failed in wait`, waitForEnd);
      // Its caller may look at it later.
      pendingExit.catch(() => {});
      return pendingExit;
    },
    kill: () =>
      callPlugin(`${title} failed in kill`, () => process.kill(), { limitMs: limits.close, signal: closing }),
  };
}

/** @throws TypeError for a result that is neither a report nor an error. */
function checkJobResult(result: JobResult | undefined): void {
  const { id, error, markedLines, outputFiles } = (result ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string') throw new TypeError('runJobs yields a result without an "id".');
  if (typeof error === 'string' || (Array.isArray(markedLines) && outputFiles instanceof Map)) return;
  throw new TypeError(
    `runJobs yields a result for ${id} that has neither an "error" nor "markedLines" and "outputFiles".`,
  );
}
