import { resourcesOfThisMachine, sandboxResources } from '@cooperbench/backend-kit';
import type { Backend } from '@cooperbench/core';
import { hostSandbox } from './host-sandbox.ts';

/**
 * Returns a backend for tests of orchestration: every sandbox is a `hostSandbox`. `open` counts the sandboxes not yet
 * disposed.
 */
export function hostBackend(): Backend & { open: number } {
  const backend: Backend & { open: number } = {
    open: 0,
    resolveNetwork: async () => 'host',
    async create(spec, { signal } = {}) {
      signal?.throwIfAborted();
      sandboxResources(spec, resourcesOfThisMachine());
      const sandbox = await hostSandbox(undefined, { taskDir: spec.taskDir, name: `${spec.name}-` });
      backend.open += 1;
      let isDisposed = false;
      return {
        ...sandbox,
        async [Symbol.asyncDispose]() {
          if (!isDisposed) backend.open -= 1;
          isDisposed = true;
          await sandbox[Symbol.asyncDispose]();
        },
      };
    },
  };
  return backend;
}
