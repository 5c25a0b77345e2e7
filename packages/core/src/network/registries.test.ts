import { expect, test } from 'vitest';
import { hostPattern, matchesHost, registryHosts } from './registries.ts';

test('hosts of packages are reached, and hosts of source code are not', () => {
  for (const host of [
    'pypi.org',
    'files.pythonhosted.org',
    'registry.npmjs.org',
    'DEB.debian.org',
    'de.archive.ubuntu.com',
  ])
    expect(matchesHost(registryHosts, host), host).toBe(true);
  for (const host of [
    'github.com',
    'raw.githubusercontent.com',
    'evil-pypi.org',
    'pypi.org.evil.com',
    'x.pypi.org',
    'archive.ubuntu.com.evil.com',
    '',
  ])
    expect(matchesHost(registryHosts, host), host).toBe(false);
});

test('a list has names of hosts, and no addresses', () => {
  for (const host of [...registryHosts, 'pypi.example.org', '*.example.org', 'a-b.example.co'])
    expect(hostPattern.test(host), host).toBe(true);
  for (const host of [
    '127.0.0.1',
    '::1',
    'localhost',
    '*',
    '*.*',
    'a b.org',
    'https://pypi.org',
    'pypi.org:443',
    'x.y/z',
    '10.0.0.1.',
  ])
    expect(hostPattern.test(host), host).toBe(false);
});
