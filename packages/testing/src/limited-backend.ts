import { type Backend, type Capacity, type Sandbox, SandboxError } from '@cooperbench/core';

export interface ProviderLimits {
  /** Maximum number of sandboxes at once. */
  readonly room?: number;
  /** Maximum number of creations in any second. */
  readonly perSecond?: number;
  /** The provider says how long to wait. */
  readonly saysRetryAfter?: boolean;
  /** The provider says that it refuses for the rate. */
  readonly saysRate?: boolean;
  /** How long a creation takes. A refusal takes no time. */
  readonly createMs?: number;
}

export interface LimitedBackend extends Backend {
  open: number;
  /** Sandboxes that were created. */
  made: number;
  refused: number;
}

/** Builds a backend whose provider refuses sandboxes for lack of capacity. `make` makes those that it has room for. */
export function buildLimitedBackend(
  {
    room = Number.POSITIVE_INFINITY,
    perSecond,
    saysRetryAfter = false,
    saysRate = false,
    createMs = 0,
  }: ProviderLimits,
  make: Backend['create'] = async ({ name }) => createEmptySandbox(name),
): LimitedBackend {
  const starts: number[] = [];
  const refuse = (message: string, capacity: Capacity = {}): never => {
    backend.refused += 1;
    throw new SandboxError('NO_ROOM', message, { capacity });
  };
  const backend: LimitedBackend = {
    ...{ open: 0, made: 0, refused: 0 },
    resolveNetwork: async (network) => network,
    async create(spec, options) {
      const now = performance.now();
      const oldest = perSecond === undefined ? undefined : starts.at(-perSecond);
      if (oldest !== undefined && oldest + 1000 > now)
        refuse('Too many creations in a second.', {
          ...(saysRetryAfter && { retryAfterMs: oldest + 1000 - now }),
          ...(saysRate && { isRate: true }),
        });
      if (backend.open >= room) refuse(`The provider has room for ${room} sandboxes.`);
      starts.push(now);
      backend.open += 1;
      if (createMs > 0) await new Promise((resolve) => setTimeout(resolve, createMs));
      const sandbox = await make(spec, options);
      backend.made += 1;
      let hasEnded = false;
      return {
        ...sandbox,
        async [Symbol.asyncDispose]() {
          await sandbox[Symbol.asyncDispose]();
          if (!hasEnded) backend.open -= 1;
          hasEnded = true;
        },
      };
    },
  };
  return backend;
}

function createEmptySandbox(id: string): Sandbox {
  const refuseCall = (): never => {
    throw new Error('The sandbox runs no commands and has no files.');
  };
  return {
    ...{ id, origin: { from: 'image', reference: '' }, repoDir: '/', patchesDir: '/' },
    ...{ exec: refuseCall, readFile: refuseCall, writeFile: refuseCall },
    async [Symbol.asyncDispose]() {},
  };
}
