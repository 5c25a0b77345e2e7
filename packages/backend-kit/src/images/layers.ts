import { createHash } from 'node:crypto';
import type { Layer, Workspace } from '@cooperbench/core';
import { runCommand, SandboxError } from '@cooperbench/core';

/** Identifies the result of adding layers to an image, in 64 hexadecimal digits. `base` is the image's digest or ID. */
export function layersHash(base: string, layers: readonly Layer[]): string {
  const content = layers.map(({ key, install, check }) => [key, install, check]);
  return createHash('sha256')
    .update(JSON.stringify([base, content]))
    .digest('hex');
}

/** Returns the lines of a Dockerfile that add layers to the image of its `FROM`. */
export function layerCommands(layers: readonly Layer[]): string[] {
  const run = (script: string): string => `RUN ${JSON.stringify(['/bin/sh', '-ec', script])}`;
  return ['WORKDIR /', ...layers.flatMap(({ install, check }) => [run(install), run(check)])];
}

/** Builds the code and the beginning of the message of an error when layers cannot be added. */
export function buildLayerFault(layers: readonly Layer[]): { readonly code: string; readonly what: string } {
  const keys = layers.map(({ key }) => key).join(', ');
  return { code: 'SANDBOX_LAYER', what: `${keys} could not be added to the task's image` };
}

/**
 * Checks that a sandbox has all layers, for backends that cannot install software.
 * @throws SandboxError `SANDBOX_LAYER` with `hint`.
 */
export async function checkLayers(
  workspace: Pick<Workspace, 'exec'>,
  layers: readonly Layer[] = [],
  hint?: string,
): Promise<void> {
  for (const { key, check } of layers) {
    const { exitCode, stderr } = await runCommand(workspace, ['/bin/sh', '-c', check], { cwd: '/' });
    if (exitCode === 0) continue;
    const errorText = stderr.toString().trim().slice(-500) || `its check exited ${exitCode}`;
    throw new SandboxError('SANDBOX_LAYER', `The sandbox lacks ${key}, which the agent needs: ${errorText}`, {
      hint,
    });
  }
}
