import { lookup as lookupHost } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isPublicAddress } from './public-address.ts';

/** Connects to a host of a registry. Rejects with the reason for the user when it cannot. */
export type Dial = (host: string, port: number) => Promise<Socket>;

type Address = { readonly address: string; readonly family: number };

const connectMs = 30_000;

/** Connects to public addresses only, so that a name that resolves to this host or its network leads nowhere. */
export function createPublicDial(
  lookup: (host: string) => Promise<readonly Address[]> = (host) => lookupHost(host, { all: true }),
  ownAddresses: () => readonly string[] = () =>
    Object.values(networkInterfaces()).flatMap((interfaces = []) => interfaces.map(({ address }) => address)),
): Dial {
  return async (host, port) => {
    const resolved = await lookup(host);
    const hostAddresses = ownAddresses();
    const addresses = resolved.filter(
      ({ address }) => isPublicAddress(address) && !hostAddresses.includes(address),
    );
    if (addresses.length === 0) throw new Error(`${host} has no public address`);
    const socket = connect({
      host,
      port,
      timeout: connectMs,
      // The addresses that were checked, so that no second look-up can answer differently.
      lookup: (_host, options, callback) => {
        const [first] = addresses;
        if (options.all) callback(null, [...addresses]);
        else callback(null, first?.address ?? '', first?.family);
      },
    });
    socket.once('timeout', () => socket.destroy(new Error(`${host} did not answer`)));
    await once(socket, 'connect');
    socket.setTimeout(0);
    return socket;
  };
}
