import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RedisBus } from './redis-bus.ts';
import { describeRedis, freePort, TestServer, temporaryFolder, texts } from './redis-server.test.support.ts';

/** The rights the README lists, and no more. */
const rights =
  '~cooperbench:* &cooperbench:* +eval +xadd +xrange +xrevrange +xread +hget +hset +pexpire +type +publish +subscribe +ping +info +select +client|setname +wait';

async function exchange(url: string): Promise<string[]> {
  await using bus = new RedisBus({ url });
  await bus.preflight();
  await using one = await bus.open('run/trial', 'agent1');
  await using two = await bus.open('run/trial', 'agent2');
  const waiting = two.receive({ waitMs: 5000 });
  await one.send('agent2', 'hello');
  return texts(await waiting);
}

describeRedis('ways in', () => {
  test('a unix socket, by URL or by path', async () => {
    const server = await TestServer.start();
    expect(await exchange(`unix://${server.socket}`)).toEqual(['hello']);
    expect(await exchange(server.socket)).toEqual(['hello']);
  });

  test('a database by number, and nothing in the others', async () => {
    const server = await TestServer.start();
    expect(await exchange(`${server.url}/5`)).toEqual(['hello']);
    expect(await exchange(`unix://${server.socket}?db=6`)).toEqual(['hello']);
    const keyspace = await server.admin.info('keyspace');
    expect(keyspace.match(/^db\d+/gm)).toEqual(['db5', 'db6']);
  });

  test('a password, with characters that a URL escapes', async () => {
    const server = await TestServer.start('--requirepass', 'p@ss/w%rd:');
    expect(await exchange(`redis://:${encodeURIComponent('p@ss/w%rd:')}@127.0.0.1:${server.port}`)).toEqual([
      'hello',
    ]);
  });

  test('an ACL user with no more than the documented rights', async () => {
    const server = await TestServer.start(
      '--user',
      ...`bench on >secret ${rights}`.split(' '),
      '--user',
      'default',
      'off',
    );
    expect(await exchange(`redis://bench:secret@127.0.0.1:${server.port}`)).toEqual(['hello']);
  });

  test('TLS, with a certificate of an own authority and one of the client', async () => {
    const folder = temporaryFolder();
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const request =
      'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1';
    execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const port = await freePort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    await TestServer.start('--tls-port', `${port}`, ...files);
    const query = `?cacert=${cert}&cert=${cert}&key=${key}`;
    expect(await exchange(`rediss://localhost:${port}/0${query}`)).toEqual(['hello']);
    expect(await exchange(`rediss://127.0.0.1:${port}/0${query}`)).toEqual(['hello']);

    await using stranger = new RedisBus({ url: `rediss://localhost:${port}` });
    await expect(stranger.preflight()).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'REDIS_TLS',
      message: expect.stringContaining(
        `No secure connection to rediss://localhost:${port}/0: DEPTH_ZERO_SELF_SIGNED_CERT`,
      ),
    });
  });
});
