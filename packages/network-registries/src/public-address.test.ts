import { expect, test } from 'vitest';
import { createPublicDial } from './dial.ts';
import { isPublicAddress } from './public-address.ts';

test.for([
  ...[
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '168.63.129.16',
  ],
  ...['0.0.0.0', '224.0.0.1', '255.255.255.255', '198.18.0.1', '192.0.2.1', '203.0.113.9'],
  ...['::1', '::', 'fe80::1', 'fd00::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1'],
  ...['2002:7f00:1::', '2001::1', '2001:db8::1', '100::1', 'pypi.org', ''],
])('%s is not on the public internet', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.for(['151.101.0.223', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2a04:4e42::223', '2606:4700::6810:84e5'])(
  '%s is on the public internet',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test('a name that resolves to this host or its network leads nowhere', async () => {
  const answers = ['127.0.0.1', '169.254.169.254', '::1'].map((address) => ({ address, family: 4 }));
  await expect(createPublicDial(async () => answers)('pypi.org', 443)).rejects.toThrow(
    'pypi.org has no public address',
  );
});

test('a name that resolves to a public address of this host leads nowhere', async () => {
  const dial = createPublicDial(
    async () => [{ address: '151.101.0.223', family: 4 }],
    () => ['151.101.0.223'],
  );
  await expect(dial('pypi.org', 443)).rejects.toThrow('pypi.org has no public address');
});
