import { createHash } from 'node:crypto';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import type { Task } from '../contracts/task.ts';

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
export function specOf(
  { runName, id, task, seat }: SandboxPlace,
  needs: Pick<SandboxSpec, 'untrusted' | 'lifetimeMs' | 'layers' | 'network' | 'kept'>,
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
    ...needs,
  };
}
