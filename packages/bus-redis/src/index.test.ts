import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createContainer, tokens } from '@cooperbench/runs';
import { describe, expect, test } from 'vitest';
import plugin from './index.ts';

const create = (options: unknown): unknown => plugin().buses?.redis?.create(options);

describe('the plugin', () => {
  test('offers the bus redis', () => {
    expect(plugin()).toMatchObject({ name: '@cooperbench/bus-redis', apiVersion: 1, buses: { redis: {} } });
  });

  test('is imported without ioredis', () => {
    const index = fileURLToPath(new URL('../dist/index.js', import.meta.url));
    const code = `const { default: plugin } = await import(${JSON.stringify(index)});
      const { cache } = (await import('node:module')).createRequire(import.meta.url);
      const loaded = () => Object.keys(cache).some((file) => file.includes('ioredis'));
      console.log(loaded(), await plugin().buses.redis.create().then(loaded));
      process.exit();`;
    const argv = ['--input-type=module', '-e', code];
    expect(execFileSync(process.execPath, argv, { encoding: 'utf8' }).trim()).toBe('false true');
  });

  test('refuses options that it does not know', () => {
    const registry = createContainer([plugin()]).get(tokens.registry);
    const check = (options: unknown) => () => registry.checkOptions('buses', 'redis', options);
    expect(check({ ttl: 3 })).toThrow(
      'The options of the bus "redis" are not valid:\n  unknown key "ttl"; did you mean "url"?',
    );
    expect(check({ ttlHours: 0 })).toThrow('ttlHours: found 0, expected more than 0');
  });

  test('refuses a URL before it connects', async () => {
    await expect(create({ url: 'http://localhost' })).rejects.toMatchObject({ code: 'REDIS_URL' });
  });
});
