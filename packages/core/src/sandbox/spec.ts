import { createHash } from 'node:crypto';
import type { Layer, SandboxSpec } from '../contracts/sandbox-spec.ts';
import type { Task } from '../contracts/task.ts';

/** Labels carry what a person needs to find a sandbox. The name is short, plain and unique on the host. */
export function specOf(
  trial: { readonly id: string; readonly pair: { readonly task: Task } },
  seat: {
    readonly seat: string;
    readonly untrusted: boolean;
    readonly layers?: readonly Layer[] | undefined;
  },
  { runName, lifetimeMs }: { readonly runName: string; readonly lifetimeMs: number },
): SandboxSpec {
  const { task } = trial.pair;
  const unique = createHash('sha256')
    .update(`${runName}/${trial.id}/${seat.seat}/${process.pid}/${performance.now()}`)
    .digest('hex')
    .slice(0, 8);
  const readable = `${task.repo.replace(/_task$/, '')}-${task.taskId}-${seat.seat}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return {
    name: `cooperbench-${readable.slice(0, 40)}-${unique}`,
    labels: { run: runName, trial: trial.id, seat: seat.seat },
    image: task.image,
    taskDir: task.directory,
    untrusted: seat.untrusted,
    lifetimeMs,
    layers: seat.layers,
  };
}
