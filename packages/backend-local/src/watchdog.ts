import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { markerVariable } from '@cooperbench/backend-kit';
import { buildChildEnvironment, checkStarted } from '@cooperbench/core';

const script = readFileSync(new URL('../src/watchdog.sh', import.meta.url), 'utf8');

export interface Watchdog {
  /** Ends the watchdog. */
  goodbye(): void;
}

/**
 * Starts a watchdog in its own session, so that Ctrl-C does not reach it. It does not keep this process alive.
 * @throws Error `EMFILE`.
 */
export function startWatchdog(instance: string, folder: string): Watchdog {
  const marker = `${markerVariable}=${instance}/`;
  const child = checkStarted(
    spawn('/bin/sh', ['-c', script, 'sh', marker, folder], {
      cwd: '/',
      detached: true,
      env: buildChildEnvironment([], { PATH: '/usr/local/bin:/usr/bin:/bin' }),
      stdio: ['pipe', 'ignore', 'ignore'],
    }),
  );
  const input = child.stdin as Socket;
  // Ignores the loss of the watchdog. `cooperbench clean` does its work then.
  child.on('error', () => {});
  input.on('error', () => {});
  child.unref();
  input.unref();
  return { goodbye: () => input.end('bye\n') };
}
