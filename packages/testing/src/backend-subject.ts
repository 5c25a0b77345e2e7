import type { Backend, Sandbox, SandboxSpec } from '@cooperbench/core';
import { type CommandOptions, type CommandResult, runCommand } from '@cooperbench/core';

export interface BackendSubject {
  /** The backend under test. */
  readonly backend: Backend;
  /** Returns the spec of a new sandbox: a fresh name each time, and a trusted task. */
  spec(): SandboxSpec;
  /** Size of the large stream. Default: 64 MiB. Only a larger one, such as 1 GiB, shows whether memory stays bounded. */
  readonly streamBytes?: number | undefined;
  /** For the case that needs `listing`. Resolves with the sandboxes that exist now, by names that contain the spec's name. */
  present?(): Promise<readonly string[]>;
  /**
   * For the case that needs `changes`. Calls `work` with a backend that has done nothing yet, and resolves with what exists
   * afterwards that did not exist before, such as files, networks, or calls of the provider that change something.
   */
  recordChanges?(work: (freshBackend: Backend) => Promise<void>): Promise<readonly string[]>;
  /**
   * Runs a case in a sandbox that several cases share. If it is absent, each case has its own sandbox. `sharingSubject` adds
   * it.
   */
  share?(check: (sandbox: Sandbox) => Promise<void>): Promise<void>;
  /**
   * For the case that needs `plugin`: a module URL that Node can import, the backend's name and its options. The case creates
   * the backend in another process, which inherits a file descriptor.
   */
  readonly plugin?: {
    readonly module: string;
    readonly backend: string;
    readonly options?: Readonly<Record<string, unknown>>;
  };
}

/** One promise of every backend. */
export interface BackendCase {
  readonly name: string;
  /**
   * The condition for the case. `isolation`: the backend isolates sandboxes from the host and from each other. `task`:
   * sandboxes come from the spec's task, not from an image with its own history. `listing`: the subject has `present`.
   * `changes`: the subject has `recordChanges`. `plugin`: the subject has `plugin`, because sandboxes are processes of this
   * machine.
   */
  readonly needs?: 'isolation' | 'task' | 'listing' | 'changes' | 'plugin';
  /** Rejects with an AssertionError when the backend breaks its promise. */
  check(subject: BackendSubject): Promise<void>;
}

/**
 * Returns the same subject with one sandbox for all cases that can share it. This saves most of the time of a backend whose
 * sandboxes start slowly. After a case has failed, the next one gets a new sandbox. Dispose of the subject after the last case.
 */
export function sharingSubject(subject: BackendSubject): BackendSubject & AsyncDisposable {
  let creation: Promise<Sandbox> | undefined;
  const dispose = async (): Promise<void> => {
    const sandbox = creation;
    creation = undefined;
    await (await sandbox)?.[Symbol.asyncDispose]();
  };
  return {
    ...subject,
    async share(check) {
      try {
        creation ??= subject.backend.create(subject.spec());
        await check(await creation);
      } catch (error) {
        await dispose().catch(() => {});
        throw error;
      }
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Runs a check in a sandbox that other cases may have used. */
export async function withSandbox(
  subject: BackendSubject,
  check: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  await (subject.share?.(check) ?? withFreshSandbox(subject, check));
}

/** Runs a check in a new sandbox and disposes the sandbox, even if the check fails. */
export async function withFreshSandbox(
  subject: BackendSubject,
  check: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const sandbox = await subject.backend.create(subject.spec());
  try {
    await check(sandbox);
  } finally {
    await sandbox[Symbol.asyncDispose]();
  }
}

/** Runs a shell script in a sandbox, with `args` as `$1`, `$2`, …. */
export function shell(
  sandbox: Sandbox,
  script: string,
  options: CommandOptions & { readonly args?: readonly string[] } = {},
): Promise<CommandResult> {
  const { args = [], ...rest } = options;
  return runCommand(sandbox, ['sh', '-c', script, 'sh', ...args], rest);
}

/** Runs a script and resolves with its standard output. */
export async function readOutput(
  sandbox: Sandbox,
  script: string,
  options?: Parameters<typeof shell>[2],
): Promise<string> {
  return (await shell(sandbox, script, options)).stdout.toString();
}
