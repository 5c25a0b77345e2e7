import { describe, expect, test } from 'vitest';
import { parseAddress } from './address.ts';

describe('Redis URLs', () => {
  test.for([
    ['redis://localhost', 'redis://localhost:6379/0', { host: 'localhost', port: 6379, db: 0 }],
    ['redis://:p%40ss@h:7000/3', 'redis://h:7000/3', { host: 'h', port: 7000, db: 3, password: 'p@ss' }],
    [
      'redis://u:p:q@[::1]:7',
      'redis://[::1]:7/0',
      { host: '::1', port: 7, db: 0, username: 'u', password: 'p:q' },
    ],
    ['/run/r.sock', 'unix:///run/r.sock (database 0)', { path: '/run/r.sock', db: 0 }],
    [
      'unix://u:p@/r.sock?db=2',
      'unix:///r.sock (database 2)',
      { path: '/r.sock', db: 2, username: 'u', password: 'p' },
    ],
    ['rediss://h', 'rediss://h:6379/0', { host: 'h', port: 6379, db: 0, tls: { servername: 'h' } }],
  ] as const)('%s', ([url, label, client]) => {
    expect(parseAddress(url)).toEqual({ label, client });
  });

  test.for([
    ['localhost:6379', 'REDIS_URL', 'The Redis URL cannot be used: it is not a URL.'],
    ['hunter2:p@h', 'REDIS_URL', 'The Redis URL cannot be used: it is not a URL.'],
    ['http://u:hunter2@h', 'REDIS_URL', 'The Redis URL cannot be used: it begins with http://.'],
    [
      'redis://u:hunter2%@h',
      'REDIS_URL',
      'The Redis URL cannot be used: a % in it is not followed by two hexadecimal digits.',
    ],
    ['redis://hunter2@h', 'REDIS_URL', 'The Redis URL cannot be used: it has a user but no password.'],
    ['redis://:hunter2@h:99999', 'REDIS_URL', 'The Redis URL cannot be used: it is not a URL.'],
    ['redis://:hunter2@h/first', 'REDIS_URL', 'The Redis URL cannot be used: its database is not a number.'],
    [
      'redis://h?cacert=x',
      'REDIS_URL',
      'The Redis URL cannot be used: it does not take the parameter cacert.',
    ],
    ['redis-sentinel://h', 'REDIS_URL', 'The Redis URL cannot be used: it begins with redis-sentinel://.'],
    ['unix://:hunter2@', 'REDIS_URL', 'The Redis URL cannot be used: it names no absolute path.'],
    ['unix://run/redis.sock', 'REDIS_URL', 'The Redis URL cannot be used: it names no absolute path.'],
  ] as const)('refuses %s', ([url, code, message]) => {
    expect(() => parseAddress(url)).toThrow(expect.objectContaining({ name: 'ConfigError', code, message }));
  });
});
