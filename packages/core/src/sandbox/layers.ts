import { createHash } from 'node:crypto';
import { SandboxError } from '../contracts/errors.ts';
import type { Layer } from '../contracts/sandbox-spec.ts';
import type { Workspace } from '../contracts/workspace.ts';
import { runCommand } from './command.ts';

/** Names the result of adding layers to an image: 64 hexadecimal digits. `base` is the image's digest or ID. */
export function layersHash(base: string, layers: readonly Layer[]): string {
  const content = layers.map(({ key, install, check }) => [key, install, check]);
  return createHash('sha256')
    .update(JSON.stringify([base, content]))
    .digest('hex');
}

/** For backends that cannot install. @throws SandboxError `SANDBOX_LAYER` with `hint` when the sandbox lacks a layer. */
export async function checkLayers(
  workspace: Pick<Workspace, 'exec'>,
  layers: readonly Layer[] = [],
  hint?: string,
): Promise<void> {
  for (const { key, check } of layers) {
    const { exitCode, stderr } = await runCommand(workspace, ['/bin/sh', '-c', check], { cwd: '/' });
    if (exitCode === 0) continue;
    const said = stderr.toString().trim().slice(-500) || `its check exited ${exitCode}`;
    throw new SandboxError('SANDBOX_LAYER', `The sandbox lacks ${key}, which the agent needs: ${said}`, {
      hint,
    });
  }
}
