import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Returns a TCP and a UDP server of this machine that count who reaches them. */
export async function hostServers(): Promise<{ port: number; reached(): number; close(): void }> {
  let connectionCount = 0;
  const tcp = createServer((socket) => {
    connectionCount += 1;
    socket.destroy();
  }).listen(0, '0.0.0.0');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4', () => {
    connectionCount += 1;
  }).bind(port, '0.0.0.0');
  await once(udp, 'listening');
  return { port, reached: () => connectionCount, close: () => void [tcp.close(), udp.close()] };
}
