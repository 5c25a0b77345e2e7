import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { blocks, type Page } from './markdown.ts';

/** Marks of blocks that need a service, and a command that fails where it is missing. */
const probes = {
  docker: ['docker', 'image', 'inspect', 'cooperbench-test/base'],
  redis: ['redis-server', '--version'],
} as const;

export type Service = keyof typeof probes;

/** Returns the service that a page's commands need. */
export function serviceOf(page: Page): Service | undefined {
  return blocks(page)
    .map(({ mark }) => mark)
    .find((mark): mark is Service => mark in probes);
}

/** Returns whether to skip tests that need it. */
export function isMissing(service: Service): boolean {
  if (process.env.COOPERBENCH_REQUIRE_SERVICES) return false;
  const [file, ...args] = probes[service];
  return spawnSync(file, args, { stdio: 'ignore', timeout: 30_000 }).status !== 0;
}

/** Returns a Redis of a page's own, on a socket. */
export async function redisServer(): Promise<{ readonly url: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'cooperbench-docs-redis-'));
  const socket = join(folder, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder];
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: server.stdout })) {
    if (/ready to accept/i.test(line)) break;
  }
  server.stdout.resume();
  return {
    url: `unix://${socket}`,
    async [Symbol.asyncDispose]() {
      const exit = once(server, 'exit');
      server.kill();
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
