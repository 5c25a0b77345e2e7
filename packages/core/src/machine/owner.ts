import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { CleanOptions } from '../contracts/backend.ts';

/**
 * The process that created a sandbox or another resource that may outlive it. Identifies a dead process even when its pid
 * has been reused. Backends store the owner as JSON, in a label or next to the resource.
 */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** /etc/machine-id. Several machines with the same host name may share a provider. */
  readonly machine?: string | undefined;
  /** Clock ticks from the machine's start to the process's. It is absent where there is no /proc. */
  readonly startedAt?: string | undefined;
  readonly boot?: string | undefined;
  readonly pidNamespace?: string | undefined;
}

/** Describes this process. */
export function thisOwner(): Owner {
  return { pid: process.pid, startedAt: startOf(process.pid), ...thisMachine() };
}

/** Parses a stored owner. Returns undefined if the record is not valid, so nothing may remove the resource. */
export function readOwner(json: string | undefined): Owner | undefined {
  try {
    const owner = JSON.parse(json ?? '') as Owner | null;
    return typeof owner?.pid === 'number' && typeof owner.host === 'string' ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** Checks whether an owner is alive. `unknown`: it is on another machine or in another PID namespace. */
export function checkOwner(owner: Owner): 'alive' | 'dead' | 'unknown' {
  const currentMachine = thisMachine();
  if (owner.host !== currentMachine.host || owner.machine !== currentMachine.machine) return 'unknown';
  if (owner.boot !== currentMachine.boot) return 'dead';
  if (owner.pidNamespace !== currentMachine.pidNamespace) return 'unknown';
  if (owner.startedAt !== undefined) return startOf(owner.pid) === owner.startedAt ? 'alive' : 'dead';
  try {
    process.kill(owner.pid, 0);
    return 'alive';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'dead' : 'alive';
  }
}

/**
 * Returns whether `clean` removes a resource of this owner: the owner is dead, or its state is unknown and the resource is
 * older than the options allow. `madeAtMs` comes from the provider, or from a label if the provider does not record it.
 */
export function isLeftover(
  owner: Owner,
  madeAtMs: number,
  { elsewhereOlderThanMs = Number.POSITIVE_INFINITY }: CleanOptions = {},
): boolean {
  const state = checkOwner(owner);
  return state === 'dead' || (state === 'unknown' && Date.now() - madeAtMs > elsewhereOlderThanMs);
}

function thisMachine(): Pick<Owner, 'host' | 'machine' | 'boot' | 'pidNamespace'> {
  return {
    host: hostname(),
    machine: readOrUndefined(() => readFileSync('/etc/machine-id', 'utf8').trim() || undefined),
    boot: readOrUndefined(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: readOrUndefined(() => readlinkSync('/proc/self/ns/pid')),
  };
}

function startOf(pid: number): string | undefined {
  // The command's name, in parentheses, may itself contain spaces and parentheses.
  return readOrUndefined(() => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]);
}

function readOrUndefined<T>(readValue: () => T): T | undefined {
  try {
    return readValue();
  } catch {
    return undefined;
  }
}
