import { forgetBackend, rememberBackend } from '@cooperbench/core/host';

/**
 * Disposes a service of a plugin when its scope ends, if the service can be disposed. Node 22 has no `AsyncDisposableStack`
 * for that.
 */
export function asDisposable(service: Partial<AsyncDisposable>): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]?.();
    },
  };
}

/** The same for a backend. Until then, a process that must end at once ends its sandboxes, too. */
export function createClosingBackend(backend: Partial<AsyncDisposable>): AsyncDisposable {
  rememberBackend(backend);
  return {
    async [Symbol.asyncDispose]() {
      try {
        await backend[Symbol.asyncDispose]?.();
      } finally {
        forgetBackend(backend);
      }
    },
  };
}
