import type { MessageBus } from '../contracts/bus.ts';
import { asPluginFault, type RequiredMembers, requireMembers } from '../plugins/plugin-fault.ts';
import type { Registry } from '../plugins/registry.ts';
import type { RunEvents } from './events.ts';
import type { RunOptions } from './options.ts';

const mailbox: RequiredMembers = {
  send: 'function',
  drain: 'function',
  receive: 'function',
  [Symbol.asyncDispose]: 'function',
};

/** Makes a bus from the user's options and checks that it can be used. The caller disposes it. */
export async function openBus(
  registry: Registry,
  name: string,
  { busOptions, redisUrl, signal }: Pick<RunOptions, 'busOptions' | 'redisUrl' | 'signal'>,
  events: RunEvents,
): Promise<Pick<MessageBus, 'open'> & AsyncDisposable> {
  const given = (busOptions?.[name] ?? {}) as object;
  // `--redis` is the one option of a bus that is a flag of the command line.
  const merged = name === 'redis' && redisUrl !== undefined ? { ...given, url: redisUrl } : given;
  const bus = await registry.make('buses', name, merged);
  const title = registry.title('buses', name);
  try {
    const asking = `${title} failed in preflight`;
    const lines = await asPluginFault(asking, () => bus.preflight?.({ signal }), signal);
    for (const line of lines ?? []) events.notice(line, 'warning');
  } catch (error) {
    await bus[Symbol.asyncDispose]?.();
    throw error;
  }
  return {
    open: (trial, seat) =>
      asPluginFault(`${title} gave no mailbox`, async () =>
        requireMembers(await bus.open(trial, seat), mailbox, 'open'),
      ),
    [Symbol.asyncDispose]: async () => bus[Symbol.asyncDispose]?.(),
  };
}
