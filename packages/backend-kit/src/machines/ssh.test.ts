import ssh2 from 'ssh2';
import { expect, test, vi } from 'vitest';
import { generateKeyPair } from './ssh.ts';

test('a key pair that nothing can read is thrown away', () => {
  const unreadable = { private: 'not a key', public: 'not a key' };
  const mock = vi.spyOn(ssh2.utils, 'generateKeyPairSync').mockReturnValueOnce(unreadable);
  try {
    expect(generateKeyPair().private).toContain('BEGIN OPENSSH PRIVATE KEY');
    expect(mock).toHaveBeenCalledTimes(2);
  } finally {
    mock.mockRestore();
  }
});
