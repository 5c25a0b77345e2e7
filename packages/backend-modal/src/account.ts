import { AsyncLocalStorage } from 'node:async_hooks';
import { ConfigError, Once, pickDefined } from '@cooperbench/core';
import type { App, ModalClient } from 'modal';
import { faults } from './faults.ts';
import { defaults, type ModalOptions } from './options.ts';
import { type ClientMiddleware, waitForTurn, warnCaller } from './patience.ts';

/** Modal, and the app that everything of a backend belongs to. */
export interface Account {
  readonly client: ModalClient;
  /** Messages of Modal that arrived while no call waited. */
  readonly warnings: string[];
  /** Created on first use if it is missing. */
  readonly app: Once<App>;
  /** Looks for the app without creating it. */
  findApp(): Promise<App | undefined>;
}

/** Connects, and changes nothing. @throws ConfigError `MODAL_CREDENTIALS`, and the SDK's errors. */
export async function openAccount(options: ModalOptions): Promise<Account> {
  const { app = defaults.app } = options;
  const { ModalClient } = await import('modal');
  const warnings: string[] = [];
  const client = new ModalClient({
    ...pickDefined(options, 'environment'),
    grpcMiddleware: [followBuilds, waitForTurn],
    maxThrottleWaitSecs: 0,
    // It would print what the reporter must print. Its warnings with details are the SDK's own; those without are Modal's.
    logger: {
      debug() {},
      info() {},
      warn(text, ...details) {
        if (details.length === 0) warnCaller(text, warnings);
      },
      error() {},
    },
  });
  // The older kind of sandboxes, which a variable of Modal's would choose, has other calls.
  client.profile.sandboxV2 = true;
  const { tokenId, tokenSecret, oauthRefreshToken } = client.profile;
  if (!(tokenId && tokenSecret) && !oauthRefreshToken) {
    throw new ConfigError(
      'MODAL_CREDENTIALS',
      'There are no credentials for Modal: neither MODAL_TOKEN_ID and MODAL_TOKEN_SECRET nor ~/.modal.toml has a token.',
      {
        hint: 'Run cooperbench config modal to see how to get one.',
      },
    );
  }
  return {
    client,
    warnings,
    app: new Once(() => client.apps.fromName(app, { createIfMissing: true })),
    findApp: () =>
      client.apps.fromName(app).catch((error: unknown) => {
        if (faults.isNotFound(error)) return undefined;
        throw error;
      }),
  };
}

const building = new AsyncLocalStorage<(text: string) => void>();

/** Calls `onText` with what builds print that `work` waits for. The SDK reads it and drops it. */
export function withBuildLog<T>(onText: (text: string) => void, work: () => Promise<T>): Promise<T> {
  return building.run(onText, work);
}

const followBuilds: ClientMiddleware = async function* (call, options) {
  const onText = call.method.path.endsWith('/ImageJoinStreaming') ? building.getStore() : undefined;
  if (onText === undefined) return yield* call.next(call.request, options);
  onText('');
  for await (const message of call.next(call.request, options)) {
    const { taskLogs = [] } = message as { taskLogs?: readonly { data: string }[] };
    for (const { data } of taskLogs) onText(data);
    yield message;
  }
};
