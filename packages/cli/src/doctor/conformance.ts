import { rmSync } from 'node:fs';
import {
  type Backend,
  ConfigError,
  type Evaluator,
  getMessage,
  type MergePolicy,
  type MessageBus,
  withTimeout,
} from '@cooperbench/core';
import {
  type BackendCase,
  backendContract,
  busContract,
  evaluatorContract,
  mergePolicyContract,
  sharingSubject,
  shellSubmissions,
  shellTask,
} from '@cooperbench/testing';
import { sampleSpecs } from './sample-spec.ts';

/** How long one case may take. */
const timeoutMs = 120_000;

/** The outcome of one conformance case. */
export interface Finding {
  readonly name: string;
  readonly status: 'kept' | 'broken' | 'not applicable';
  readonly ms: number;
  /** Why the promise is broken or does not apply. */
  readonly why?: string;
}

export interface BackendRequest {
  /** Defaults to the image of a sample task. */
  readonly image: string | undefined;
  readonly streamBytes: number | undefined;
  readonly signal: AbortSignal;
}

/** Runs every conformance case of a backend, one after the other. @throws the backend's error when it cannot create a sandbox. */
export async function* backendFindings(
  backend: Backend,
  { image, streamBytes, signal }: BackendRequest,
): AsyncGenerator<Finding> {
  const unmet: { readonly [need in NonNullable<BackendCase['needs']>]: string | undefined } = {
    isolation: await explainUnisolated(backend, signal),
    task: image && 'an image of your own may contain more than one commit',
    listing: 'doctor cannot list the sandboxes of a backend',
    changes: 'doctor cannot see what a backend changes',
    plugin: 'doctor creates sandboxes in its own process',
  };
  const spec = sampleSpecs(image);
  await (await backend.create(spec(), { signal }))[Symbol.asyncDispose]();
  let subject = sharingSubject({ backend, spec, streamBytes });
  const dispose = (): Promise<void> => Promise.resolve(subject[Symbol.asyncDispose]());
  for (const { name, needs, check } of backendContract) {
    const reason = needs && unmet[needs];
    if (reason !== undefined) {
      yield { name, status: 'not applicable', ms: 0, why: reason };
      continue;
    }
    const finding = await runCheck(name, () => check(subject), signal);
    yield finding;
    if (finding.status === 'kept') continue;
    // A case that did not end may still use its sandbox. The next cases get another one.
    dispose().catch(() => {});
    subject = sharingSubject({ backend, spec, streamBytes });
  }
  await dispose();
}

/** Runs every conformance case of a bus. The cases use separate trials, so they do not disturb runs. */
export async function* busFindings(bus: MessageBus, signal: AbortSignal): AsyncGenerator<Finding> {
  for (const { name, check } of busContract) yield await runCheck(name, () => check(bus), signal);
}

/** Runs every conformance case of an evaluator, on a small task and in folders of this machine. No code of a model runs there. */
export async function* evaluatorFindings(evaluator: Evaluator, signal: AbortSignal): AsyncGenerator<Finding> {
  const dataset = shellTask();
  try {
    const submissions = shellSubmissions(dataset).map((submission) => ({ submission }));
    for (const { name, check } of evaluatorContract)
      yield await runCheck(name, () => check({ evaluator, submissions }), signal);
  } finally {
    rmSync(dataset, { recursive: true, force: true });
  }
}

/** Runs every conformance case of a merge policy, in folders of this machine. */
export async function* mergePolicyFindings(
  policy: MergePolicy,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  for (const { name, check } of mergePolicyContract) yield await runCheck(name, () => check(policy), signal);
}

async function runCheck(name: string, check: () => Promise<void>, signal: AbortSignal): Promise<Finding> {
  signal.throwIfAborted();
  const started = performance.now();
  const createTimeoutError = (): Error => new Error(`the case did not end within ${timeoutMs / 1000} s`);
  try {
    await withTimeout(timeoutMs, check, createTimeoutError, signal);
    return { name, status: 'kept', ms: Math.round(performance.now() - started) };
  } catch (error) {
    signal.throwIfAborted();
    return { name, status: 'broken', ms: Math.round(performance.now() - started), why: getMessage(error) };
  }
}

/**
 * Says why isolation cases do not apply: the backend refuses untrusted work.
 * @throws ConfigError when it refuses trusted work, too.
 */
async function explainUnisolated(backend: Backend, signal: AbortSignal): Promise<string | undefined> {
  try {
    await backend.preflight?.({ untrusted: true, signal });
    return undefined;
  } catch (error) {
    if (!ConfigError.is(error)) throw error;
    await backend.preflight?.({ untrusted: false, signal });
    return 'this backend does not isolate sandboxes on this machine';
  }
}
