import { type ImageStep, trackImage } from '@cooperbench/backend-kit';
import { type OnImageProgress, SandboxError } from '@cooperbench/core';
import type { Connection } from '../connection/connect.ts';
import { findCredentialsFor } from '../connection/credentials.ts';
import { readDockerConfig } from '../connection/docker-config.ts';
import {
  createSandboxFault,
  extractMessage,
  findStatus,
  isDiskFull,
  isPullLimit,
} from '../connection/faults.ts';
import { follow } from './follow.ts';

/** Pulls an image with the user's own credentials. @throws SandboxError `DOCKER_IMAGE`, `DOCKER_DISK`, `DOCKER_BUSY`. */
export function pullImage(
  connection: Connection,
  image: string,
  platform: string | undefined,
  onProgress: OnImageProgress | undefined,
  signal: AbortSignal,
): Promise<void> {
  return trackImage({ image, phase: 'pull' }, onProgress, (onStep) =>
    pull(connection, image, platform, onStep, signal),
  );
}

async function pull(
  { docker, endpoint }: Connection,
  image: string,
  platform: string | undefined,
  onStep: (step: ImageStep) => void,
  signal: AbortSignal,
): Promise<void> {
  const { name, tag } = splitImageName(image);
  try {
    const credentials = await findCredentialsFor(image, readDockerConfig());
    const work = await docker.createImage(credentials ?? {}, {
      fromImage: name,
      tag,
      ...(platform === undefined ? {} : { platform }),
      abortSignal: signal,
    });
    await follow(work, onStep);
  } catch (error) {
    signal.throwIfAborted();
    const message = extractMessage(error);
    const status = findStatus(error);
    const hasResponse = status !== undefined || !(error as NodeJS.ErrnoException).code;
    if (!hasResponse || isDiskFull(message) || isPullLimit(message))
      throw createSandboxFault(endpoint, error, 'DOCKER_IMAGE', `Could not pull ${image}`);
    throw new SandboxError(
      'DOCKER_IMAGE',
      `The image ${image} is not here and could not be pulled: ${message}`,
      {
        hint: 'Check the name and the network; docker login gives access to a private registry.',
        // Another attempt may succeed if the registry was not reached (5xx) or the transfer broke off. A refusal (4xx) stays.
        retryable: status === undefined || status >= 500,
        cause: error,
      },
    );
  }
}

/** Splits an image reference. The tag defaults to `latest`, because Docker would otherwise pull every tag. */
function splitImageName(image: string): { name: string; tag: string } {
  const digest = image.indexOf('@');
  if (digest >= 0) return { name: image.slice(0, digest), tag: image.slice(digest + 1) };
  const colon = image.lastIndexOf(':');
  if (colon > image.lastIndexOf('/')) return { name: image.slice(0, colon), tag: image.slice(colon + 1) };
  return { name: image, tag: 'latest' };
}
