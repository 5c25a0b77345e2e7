import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A TCP and a UDP server of this machine that count who reaches them. */
export async function hostServers(): Promise<{ port: number; reached(): number; close(): void }> {
  let reached = 0;
  const tcp = createServer((socket) => {
    reached += 1;
    socket.destroy();
  }).listen(0, '0.0.0.0');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4', () => {
    reached += 1;
  }).bind(port, '0.0.0.0');
  await once(udp, 'listening');
  return { port, reached: () => reached, close: () => void [tcp.close(), udp.close()] };
}
