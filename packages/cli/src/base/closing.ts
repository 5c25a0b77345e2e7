/**
 * Disposes a service of a plugin when its scope ends, if the service can be disposed. Node 22 has no `AsyncDisposableStack`
 * for that.
 */
export function closing(service: Partial<AsyncDisposable>): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]?.();
    },
  };
}
