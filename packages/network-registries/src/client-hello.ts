/**
 * What the first record of a TLS connection says. It is undefined if more bytes are needed. It is null if it is not a complete
 * ClientHello, or one that servers read differently.
 */
export type ClientHello = { readonly serverName: string | undefined; readonly encrypted: boolean };

const handshake = 22;
const clientHello = 1;
const serverNameExtension = 0;
const encryptedHelloExtension = 0xfe0d;
const maxRecordBytes = 16 * 1024;

/**
 * Reads the ClientHello at the beginning of a TLS connection (RFC 8446, section 4.1.2). Servers of a content network answer for
 * many hosts at one address, so the name in it decides which host a client reaches.
 */
export function readClientHello(bytes: Buffer): ClientHello | null | undefined {
  if (bytes.length < 5) return undefined;
  const length = bytes.readUInt16BE(3);
  if (bytes[0] !== handshake || length > maxRecordBytes) return null;
  if (bytes.length < 5 + length) return undefined;
  try {
    return parse(bytes.subarray(5, 5 + length));
  } catch {
    return null;
  }
}

function parse(record: Buffer): ClientHello | null {
  const rest = new Reader(record);
  if (rest.number(1) !== clientHello) return null;
  // A hello that needs another record is refused, too.
  const hello = new Reader(rest.take(rest.number(3)));
  if (!rest.done) return null;
  hello.take(2 + 32);
  hello.take(hello.number(1));
  hello.take(hello.number(2));
  hello.take(hello.number(1));
  const extensions = new Reader(hello.done ? Buffer.alloc(0) : hello.take(hello.number(2)));
  let serverName: string | undefined;
  let encrypted = false;
  while (!extensions.done) {
    const type = extensions.number(2);
    const body = new Reader(extensions.take(extensions.number(2)));
    if (type === encryptedHelloExtension) encrypted = true;
    if (type !== serverNameExtension) continue;
    // A list of one host name. Of several, one server takes the first and another the last.
    if (serverName !== undefined || body.number(2) === 0 || body.number(1) !== 0) return null;
    serverName = body.take(body.number(2)).toString('latin1');
    if (!body.done) return null;
  }
  return { serverName, encrypted };
}

/** Reads numbers and bytes in order. @throws RangeError past the end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  number(bytes: 1 | 2 | 3): number {
    return this.take(bytes).readUIntBE(0, bytes);
  }

  take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new RangeError('past the end');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}
