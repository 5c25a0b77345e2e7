import { createHash } from 'node:crypto';
import type { Submission } from '../contracts/evaluator.ts';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import type { Task } from '../contracts/task.ts';
import { pickDefined } from '../plugins/options.ts';

/** The purpose of a sandbox. */
export interface SandboxPlace {
  readonly runName: string;
  /** The trial's id. */
  readonly id: string;
  readonly task: Task;
  /** The seat, or `eval` for an evaluation. */
  readonly seat: string;
}

/** Describes a sandbox. Its labels help people find it. Its name is short and unique on this host. */
export function buildSpec(
  { runName, id, task, seat }: SandboxPlace,
  plainNeeds: Pick<SandboxSpec, 'untrusted' | 'lifetimeMs' | 'layers' | 'network' | 'kept'>,
): SandboxSpec {
  const unique = createHash('sha256')
    .update(`${runName}/${id}/${seat}/${process.pid}/${performance.now()}`)
    .digest('hex')
    .slice(0, 8);
  const readable = `${task.repo.replace(/_task$/, '')}-${task.taskId}-${seat}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return {
    name: `cooperbench-${readable.slice(0, 40)}-${unique}`,
    labels: { run: runName, trial: id, seat },
    image: task.image,
    taskDir: task.directory,
    ...pickDefined(task, 'cpus', 'memoryMiB'),
    ...plainNeeds,
  };
}

/** Computes the most that a sandbox of any of these tasks needs. */
export function computeLargestNeeds(
  tasks: readonly Pick<Task, 'cpus' | 'memoryMiB'>[],
): Pick<SandboxSpec, 'cpus' | 'memoryMiB'> {
  const findMax = (name: 'cpus' | 'memoryMiB'): number | undefined =>
    Math.max(0, ...tasks.map((task) => task[name] ?? 0)) || undefined;
  return pickDefined({ cpus: findMax('cpus'), memoryMiB: findMax('memoryMiB') }, 'cpus', 'memoryMiB');
}

/** Where a job of an evaluation comes from. */
export interface JobOrigin {
  readonly runName: string;
  /** The key of the kept sandbox from which the job's sandbox begins. If it is absent, the sandbox begins with the task's image. */
  readonly kept?: string | undefined;
}

/** Describes the sandbox of a job that runs for at most `timeoutMs`. */
export function evaluationSpec(
  { id, task, untrusted }: Submission,
  { runName, timeoutMs, kept }: JobOrigin & { readonly timeoutMs: number },
): SandboxSpec {
  const lifetimeMs = timeoutMs + 60_000;
  const kind = { untrusted, lifetimeMs, ...(kept !== undefined && { kept }) };
  return buildSpec({ id, task, seat: 'eval', runName }, kind);
}
