import { Duplex } from 'node:stream';
import { connect } from 'node:tls';

/** Returns the first bytes that a TLS client of Node.js sends. */
export function helloFor(servername: string | undefined): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        resolve(chunk);
        done();
      },
    });
    connect({ socket, ...(servername !== undefined && { servername }) }).on('error', () => {});
  });
}
