import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { deflateSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { measureBytesBelow, TeamRepository } from './team-repository.ts';

/** Returns a work tree and a repository of at most a megabyte. `push` commits so many random bytes and pushes them by force. */
async function setUp() {
  const root = mkdtempSync(join(tmpdir(), 'cooperbench-repository-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const tree = join(root, 'tree');
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@a', ...args], {
      cwd: tree,
      encoding: 'utf8',
    });
  execFileSync('git', ['init', '-q', '-b', 'agent1', tree]);
  git('commit', '-q', '--allow-empty', '-m', 'base');
  const repository = await TeamRepository.create(join(root, 'team'), 1_000_000);
  const helper = join(root, 'helper');
  writeFileSync(helper, '#!/bin/sh\ncat <&3 &\ncat >&4\nwait\n', { mode: 0o755 });

  const push = async (bytes: number): Promise<{ code: number; stderr: string }> => {
    git('reset', '-q', '--hard', git('rev-list', '--max-parents=0', 'HEAD').trim());
    writeFileSync(join(tree, 'blob'), randomBytes(bytes));
    git('add', 'blob');
    git('commit', '-q', '-m', 'blob');
    const server = await repository.serve('git-receive-pack', 'agent1');
    const argv = ['-c', 'protocol.ext.allow=always', 'push', '-q', '-f', `ext::${helper}`, 'HEAD:agent1'];
    const client: ChildProcess = spawn('git', argv, {
      cwd: tree,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    });
    const [, , , down, up] = client.stdio as unknown as [unknown, unknown, Duplex, Duplex, Duplex];
    for (const stream of [down, server.stdin]) stream.on('error', () => {});
    server.stdout.pipe(down);
    up.pipe(server.stdin);
    // A client whose push is refused goes on sending.
    server.once('exit', () => up.unpipe().resume());
    const [stderr, [code]] = await Promise.all([text(client.stderr!), once(client, 'exit')]);
    return { code, stderr };
  };
  return { push, repository, directory: join(root, 'team') };
}

test('pushes count together, also those that replace each other', async () => {
  const { push } = await setUp();
  expect(await push(600_000)).toEqual({ code: 0, stderr: '' });
  expect(await push(100_000)).toEqual({ code: 0, stderr: '' });
  const refusal = await push(600_000);
  expect(refusal.code).toBe(1);
  expect(refusal.stderr).toContain('pack exceeds maximum allowed size');
  expect(await push(100_000)).toEqual({ code: 0, stderr: '' });
});

/** Returns what a client sends to push a pack as the branch of agent1. */
function pushOf(pack: Buffer): Buffer {
  const command = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/agent1\0report-status`;
  return Buffer.concat([
    Buffer.from(`${(command.length + 4).toString(16).padStart(4, '0')}${command}0000`),
    pack,
  ]);
}

/** Returns a pack of a file of zeros and a delta of it, which copies the file so many times. */
function deltaBomb(copies: number): Buffer {
  const size = 1 << 23;
  const header = (type: number, length: number): Buffer => {
    const [first = 0, ...extraArgs] = varint(length, 4);
    return Buffer.from([(first & 0x80) | (type << 4) | (first & 15), ...extraArgs]);
  };
  const copy = Buffer.from([0x80 | 0x40, size >> 16]);
  const delta = Buffer.concat([
    Buffer.from([...varint(size), ...varint(size * copies)]),
    ...Array.from({ length: copies }, () => copy),
  ]);
  const base = Buffer.alloc(size);
  const name = createHash('sha1').update(`blob ${size}\0`).update(base).digest();
  const content = Buffer.concat([
    Buffer.from('PACK\0\0\0\x02\0\0\0\x02', 'latin1'),
    ...[header(3, size), deflateSync(base), header(7, delta.length), name, deflateSync(delta)],
  ]);
  return Buffer.concat([content, createHash('sha1').update(content).digest()]);
}

/** Seven bits in each byte, the lowest first; `bits` in the first. */
function varint(value: number, bits = 7): number[] {
  const low = value % 2 ** bits;
  const rest = Math.floor(value / 2 ** bits);
  return rest === 0 ? [low] : [low | 0x80, ...varint(rest)];
}

test.for([
  [2, 'unpack ok'],
  [200, 'unpack index-pack abnormal exit'],
] as const)('a delta that copies a file %d times', async ([copies, output]) => {
  const { repository } = await setUp();
  const server = await repository.serve('git-receive-pack', 'agent1');
  server.stdin.on('error', () => {});
  server.stdin.end(pushOf(deltaBomb(copies)));
  expect(await text(server.stdout)).toContain(output);
});

test('pushes at once share the room, and a seat waits only for itself', async () => {
  const { repository, push } = await setUp();
  const open = await repository.serve('git-receive-pack', 'agent2');
  const second = repository.serve('git-receive-pack', 'agent2');
  expect((await push(600_000)).code).toBe(1);
  open.stdin.end('0000');
  open.stdout.resume();
  (await second).stdin.end('0000');
  await once((await second).stdout.resume(), 'close');
  expect(await push(600_000)).toEqual({ code: 0, stderr: '' });
});

test("the size is measured while a push's quarantine comes and goes", async () => {
  const { directory } = await setUp();
  const quarantine = join(directory, 'objects/tmp_objdir-incoming-1/pack');
  let measuring = true;
  const pushing = (async () => {
    while (measuring) {
      mkdirSync(quarantine, { recursive: true });
      writeFileSync(join(quarantine, 'pack'), 'x');
      await new Promise(setImmediate);
      rmSync(join(quarantine, '..'), { recursive: true });
      await new Promise(setImmediate);
    }
  })();
  for (let round = 0; round < 300; round += 1) expect(await measureBytesBelow(directory)).toBeGreaterThan(0);
  measuring = false;
  await pushing;
});
