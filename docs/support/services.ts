import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { blocks, type Page } from './markdown.ts';

/** Marks of blocks that need a service, and a command that fails where it is missing. */
const probes: Readonly<Record<string, readonly [string, ...string[]]>> = {
  docker: ['docker', 'image', 'inspect', 'cooperbench-test/base'],
  redis: ['redis-server', '--version'],
};

/** What a page's commands need beside this machine, and which of it is missing, for the test's title. */
export function servicesOf(page: Page): { readonly names: readonly string[]; readonly missing: string } {
  const names = [...new Set(blocks(page).map(({ mark }) => mark))].filter((mark) => mark in probes);
  const missing = names.filter((name) => !process.env.COOPERBENCH_REQUIRE_SERVICES && !answers(name));
  return { names, missing: missing.length === 0 ? '' : ` (skipped: no ${missing.join(', ')})` };
}

function answers(name: string): boolean {
  const [file, ...args] = probes[name] ?? [name];
  try {
    execFileSync(file, args, { stdio: 'ignore', timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}

/** A Redis of a page's own, on a socket. */
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
      const ended = once(server, 'exit');
      server.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
