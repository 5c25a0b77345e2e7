import { expect, test } from 'vitest';
import { matchesHost, registryHosts } from './registries.ts';

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
