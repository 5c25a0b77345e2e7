import type { Workspace } from '@cooperbench/core';
import { runCommand, SandboxError } from '@cooperbench/core';

/** Implements the file methods of a `Workspace` with `exec`, for backends whose provider has no better way. */
export function createFilesOverExec(
  workspace: Pick<Workspace, 'exec'>,
): Pick<Workspace, 'readFile' | 'writeFile'> {
  const createFileError = (verb: string, path: string, stderr: Uint8Array): SandboxError =>
    new SandboxError(
      'SANDBOX_FILE',
      `Could not ${verb} ${path} in the sandbox: ${new TextDecoder().decode(stderr).trim()}`,
    );
  return {
    async readFile(path, { signal } = {}) {
      const result = await runCommand(workspace, ['cat', '--', path], {
        cwd: '/',
        signal,
        maxBytes: Number.POSITIVE_INFINITY,
      });
      if (result.exitCode !== 0) throw createFileError('read', path, result.stderr);
      return result.stdout;
    },
    async writeFile(path, content, { signal } = {}) {
      const script = 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1"';
      const result = await runCommand(workspace, ['sh', '-c', script, 'sh', path], {
        cwd: '/',
        signal,
        stdin: content,
      });
      if (result.exitCode !== 0) throw createFileError('write', path, result.stderr);
    },
  };
}
