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
  const hello = await helloFor('pypi.org');
  const extension = Buffer.from('fe0d000401020304', 'hex');
  const longer = Buffer.concat([hello, extension]);
  const add = (at: number, bytes: 2 | 3): number =>
    longer.writeUIntBE(hello.readUIntBE(at, bytes) + 8, at, bytes);
  add(3, 2);
  add(6, 3);
  // The extensions end the hello, so their length stands before as many bytes.
  const at = lengthOfExtensions(hello);
  add(at, 2);
  expect(readClientHello(longer)).toEqual({ serverName: 'pypi.org', encrypted: true });
});

test.for([
  ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: pypi.org\r\n\r\n')],
  ['a record that is too long', Buffer.from('160301ffff', 'hex')],
  ['another message', Buffer.from('160301000402000000', 'hex')],
  ['lengths past the end', Buffer.from('160301000501ffffff00', 'hex')],
] as const)('%s is no hello', ([, bytes]) => {
  expect(readClientHello(bytes)).toBe(null);
});

function lengthOfExtensions(hello: Buffer): number {
  let at = 5 + 4 + 2 + 32;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  return at + 1 + hello.readUInt8(at);
}
