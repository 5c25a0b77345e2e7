import { privateRanges } from '../index.ts';

export interface BootOptions {
  /** A line of sh that tells the provider the host key, which is in `$host_key`: its type and Base64. */
  readonly publish: string;
  /** The name server that the provider gives to machines, if its address is private. */
  readonly nameServer?: string;
}

/**
 * What a machine runs as root when it first starts. It keeps sandboxes from the machine itself, from all private addresses
 * and from the machine's metadata, which may hold the tokens of its account. Then it publishes its host key, which says
 * that it is ready.
 */
export function bootScript({ publish, nameServer }: BootOptions): string {
  const names = (protocol: string): string =>
    `iptables -I DOCKER-USER -i docker0 -d ${nameServer} -p ${protocol} --dport 53 -j RETURN`;
  return `#!/bin/sh
set -eu
until docker info > /dev/null 2>&1 && [ -s /etc/ssh/ssh_host_ed25519_key.pub ]; do sleep 1; done
iptables -I INPUT -i docker0 -j DROP
for range in ${privateRanges.join(' ')}; do
  iptables -I DOCKER-USER -i docker0 -d $range -j DROP
done
${nameServer === undefined ? '' : ['udp', 'tcp'].map(names).join('\n')}
host_key=$(cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub)
${publish}
`;
}
