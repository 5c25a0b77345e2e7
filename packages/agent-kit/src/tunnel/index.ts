export type { Forwarder } from './forwarders/start.ts';
export { openTunnel } from './open-tunnel.ts';
export type { Tunnel, TunnelOptions } from './tunnel.ts';
