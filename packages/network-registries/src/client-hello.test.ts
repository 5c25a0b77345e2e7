import { expect, test } from 'vitest';
import { helloFor } from './client-hello.test.support.ts';
import { readClientHello } from './client-hello.ts';

test('the name of the host is read as soon as the whole record is there', async () => {
  const hello = await helloFor('pypi.org');
  expect(readClientHello(hello)).toEqual({ serverName: 'pypi.org', encrypted: false });
  for (const length of [0, 4, 5, hello.length - 1])
    expect(readClientHello(hello.subarray(0, length))).toBe(undefined);
  expect(readClientHello(Buffer.concat([hello, Buffer.from('more')]))).toMatchObject({
    serverName: 'pypi.org',
  });
});

test('a client that names no host is recognised', async () => {
  expect(await helloFor(undefined).then(readClientHello)).toMatchObject({ serverName: undefined });
});

test('an encrypted name is recognised', async () => {
  const longer = withExtension(await helloFor('pypi.org'), Buffer.from('fe0d000401020304', 'hex'));
  expect(readClientHello(longer)).toEqual({ serverName: 'pypi.org', encrypted: true });
});

test('a hello with two names is refused, because servers choose differently', async () => {
  const name = (host: string): Buffer => Buffer.concat([Buffer.from([0, 0, host.length]), Buffer.from(host)]);
  const extension = (...hosts: string[]): Buffer => {
    const names = Buffer.concat(hosts.map(name));
    const head = Buffer.alloc(6);
    head.writeUInt16BE(names.length + 2, 2);
    head.writeUInt16BE(names.length, 4);
    return Buffer.concat([head, names]);
  };
  const unnamed = await helloFor(undefined);
  expect(readClientHello(withExtension(unnamed, extension('pypi.org')))).toMatchObject({
    serverName: 'pypi.org',
  });
  expect(readClientHello(withExtension(unnamed, extension('github.com', 'pypi.org')))).toBe(null);
  expect(readClientHello(withExtension(await helloFor('github.com'), extension('pypi.org')))).toBe(null);
});

test('a record with another message behind the hello is refused', async () => {
  const longer = Buffer.concat([await helloFor('pypi.org'), Buffer.from([0])]);
  longer.writeUInt16BE(longer.length - 5, 3);
  expect(readClientHello(longer)).toBe(null);
});

test.for([
  ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: pypi.org\r\n\r\n')],
  ['a record that is too long', Buffer.from('160301ffff', 'hex')],
  ['another message', Buffer.from('160301000402000000', 'hex')],
  ['lengths past the end', Buffer.from('160301000501ffffff00', 'hex')],
] as const)('%s is no hello', ([, bytes]) => {
  expect(readClientHello(bytes)).toBe(null);
});

function withExtension(hello: Buffer, extension: Buffer): Buffer {
  const longer = Buffer.concat([hello, extension]);
  const add = (offset: number, bytes: 2 | 3): number =>
    longer.writeUIntBE(hello.readUIntBE(offset, bytes) + extension.length, offset, bytes);
  add(3, 2);
  add(6, 3);
  // The extensions end the hello, so their length stands before as many bytes.
  add(lengthOfExtensions(hello), 2);
  return longer;
}

function lengthOfExtensions(hello: Buffer): number {
  let offset = 5 + 4 + 2 + 32;
  offset += 1 + hello.readUInt8(offset);
  offset += 2 + hello.readUInt16BE(offset);
  return offset + 1 + hello.readUInt8(offset);
}
