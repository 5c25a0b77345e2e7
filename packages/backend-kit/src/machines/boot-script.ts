import { readFileSync } from 'node:fs';
import { privateRanges, shellCommand } from '../index.ts';

export interface BootOptions {
  /** A line of sh that tells the provider the host key, which is in `$host_key`: its type and Base64. */
  readonly publish: string;
  /** The name server that the provider gives to machines, if its address is private. */
  readonly nameServer?: string;
  /** Where the machine's SSH server listens. Default: 22. */
  readonly sshPort?: number;
}

const boot = readFileSync(new URL('../../src/machines/boot.sh', import.meta.url), 'utf8');

/** Returns what a machine runs as root when it first starts, as boot.sh says. */
export function bootScript({ publish, nameServer = '', sshPort = 22 }: BootOptions): string {
  return `#!/bin/sh
ssh_port=${sshPort} name_server=${shellCommand([nameServer])} private_ranges=${shellCommand([privateRanges.join(' ')])}
publish() {
${publish}
}
${boot}`;
}
