import { SandboxError } from '@cooperbench/core';

/** The tests of a task do not run with a golden patch either. `lastLine`: the last line that the runner printed. */
export function createTaskUnusableError(lastLine: string): SandboxError {
  return new SandboxError('TASK_UNUSABLE', `task unusable: ${lastLine || 'its runner printed nothing'}`, {
    hint: 'Run the command again: it repeats the evaluation. If it stays so, cooperbench dataset validate shows which features of the task work.',
    retryable: true,
  });
}
