import { privateRanges } from '../index.ts';

export interface BootOptions {
  /** A line of sh that tells the provider the host key, which is in `$host_key`: its type and Base64. */
  readonly publish: string;
  /** The name server that the provider gives to machines, if its address is private. */
  readonly nameServer?: string;
  /** Where the machine's SSH server listens. Default: 22. */
  readonly sshPort?: number;
}

/**
 * What a machine runs as root when it first starts. It keeps sandboxes from the machine itself, from all private addresses
 * and from the machine's metadata, which may hold the tokens of its account. Then it publishes its host key, which says
 * that it is ready.
 */
export function bootScript({ publish, nameServer, sshPort = 22 }: BootOptions): string {
  const names = (protocol: string): string =>
    `iptables -I DOCKER-USER -i docker0 -d ${nameServer} -p ${protocol} --dport 53 -j RETURN`;
  return `#!/bin/sh
set -eu
PATH=$PATH:/usr/sbin
# The key that the SSH server shows. Images keep it in different places, and may have keys that the server does not use.
read_host_key() {
  if command -v ssh-keyscan > /dev/null; then
    ssh-keyscan -p ${sshPort} -t ed25519 127.0.0.1 | cut -d ' ' -f 2,3
  else
    cut -d ' ' -f 1,2 "$(sshd -T | sed -n 's/^hostkey \\(.*ed25519.*\\)$/\\1/p').pub"
  fi
}
until docker info > /dev/null 2>&1; do sleep 1; done
iptables -I INPUT -i docker0 -j DROP
for range in ${privateRanges.join(' ')}; do
  iptables -I DOCKER-USER -i docker0 -d $range -j DROP
done
${nameServer === undefined ? '' : ['udp', 'tcp'].map(names).join('\n')}
until host_key=$(read_host_key 2> /dev/null) && [ -n "$host_key" ]; do sleep 1; done
${publish}
`;
}
