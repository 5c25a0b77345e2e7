import type { IncomingMessage } from 'node:http';
import { SandboxError } from '@cooperbench/core';
import type Docker from 'dockerode';
import { findStatus } from '../connection/faults.ts';

/**
 * Docker's daemon parses these files of a container when it starts the container, or an exec that names a user. A file of 1 GB
 * took 16 GB of its memory.
 */
const userFiles = ['/etc/passwd', '/etc/group'] as const;
const maxBytes = 1 << 20;

/** Go's types of files other than a regular one. */
const typeBits = 0x8f28_0000;
const symlinkBit = 0x0800_0000;

interface Stat {
  readonly size: number;
  readonly mode: number;
  /** In the container, with all links resolved. */
  readonly linkTarget: string;
}

/** Refuses a container whose files would harm the daemon. Code in the container wrote them. @throws errors of the API. */
export async function checkUserFiles({ api, name }: { api: Docker.Container; name: string }): Promise<void> {
  for (const path of userFiles) {
    let stat = await statFile(api, path);
    if (stat && (stat.mode & symlinkBit) !== 0) stat = await statFile(api, stat.linkTarget);
    if (stat === undefined || ((stat.mode & typeBits) === 0 && stat.size <= maxBytes)) continue;
    const description = (stat.mode & typeBits) === 0 ? `has ${stat.size} bytes` : 'is no regular file';
    throw new SandboxError(
      'SANDBOX_EXEC',
      `${path} in the sandbox ${name} ${description}. Docker reads it to start a process, so it may have at most ${maxBytes} bytes.`,
    );
  }
}

/** Returns undefined if there is none. */
async function statFile(api: Docker.Container, path: string): Promise<Stat | undefined> {
  try {
    const response = (await api.infoArchive({ path })) as unknown as IncomingMessage;
    // An answer that nobody reads would keep its connection open, and with it this process.
    response.resume();
    const header = String(response.headers['x-docker-container-path-stat']);
    return JSON.parse(Buffer.from(header, 'base64').toString());
  } catch (error) {
    if (findStatus(error) === 404) return undefined;
    throw error;
  }
}
