import type { Backend, Prepared } from '../contracts/backend.ts';
import type { JobResult } from '../contracts/jobs.ts';
import { asPluginFault } from '../plugins/plugin-fault.ts';
import type { Registry } from '../plugins/registry.ts';
import type { RunEvents } from './events.ts';
import { imageEvents } from './image-events.ts';
import type { RunOptions } from './options.ts';

/**
 * Makes a backend from the user's options and asks whether it can do what the run needs. What it says of images becomes
 * events. The caller disposes it.
 */
export async function openBackend(
  registry: Registry,
  name: string,
  options: Pick<RunOptions, 'backendOptions' | 'unisolated' | 'signal'>,
  untrusted: boolean,
  events: RunEvents,
): Promise<Backend & AsyncDisposable> {
  const given = (options.backendOptions?.[name] ?? {}) as Record<string, unknown>;
  const { options: schema } = registry.get('backends', name);
  // The one option that is a flag of the command line, for backends that know it.
  const asked = options.unisolated && schema !== undefined && 'unisolated' in propertiesOf(schema);
  const { signal } = options;
  const backend = await registry.make('backends', name, asked ? { ...given, unisolated: true } : given);
  const asking = `${registry.title('backends', name)} failed in preflight`;
  try {
    const lines = await asPluginFault(asking, () => backend.preflight?.({ untrusted, signal }), signal);
    for (const line of lines ?? []) events.notice(line, 'warning');
  } catch (error) {
    await backend[Symbol.asyncDispose]?.();
    throw error;
  }
  const onProgress = imageEvents(events.emit, signal);
  return {
    create: (spec, more) => backend.create(spec, { onProgress, ...more }),
    ...(backend.prepare && {
      prepare: (source, more) => backend.prepare?.(source, { onProgress, ...more }) as Promise<Prepared>,
    }),
    ...(backend.runJobs && {
      runJobs: (jobs, more) => backend.runJobs?.(jobs, { onProgress, ...more }) as AsyncIterable<JobResult>,
    }),
    [Symbol.asyncDispose]: async () => backend[Symbol.asyncDispose]?.(),
  };
}

function propertiesOf(schema: object): object {
  return (schema as { properties?: object }).properties ?? {};
}
