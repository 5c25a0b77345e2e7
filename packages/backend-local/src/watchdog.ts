import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { markerVariable } from '@cooperbench/backend-kit';
import { checkStarted, childEnvironment } from '@cooperbench/core';

/**
 * Waits for a goodbye from its owner. If its input ends without one, the owner was killed. The watchdog then kills the
 * processes of the owner's sandboxes and removes their directories. `$1` is the marker, and `$2` the directory.
 */
const script = `
trap '' HUP INT TERM
read -r goodbye && exit 0
round=0
while [ $round -lt 100 ]; do
  found=
  for path in /proc/[0-9]*/environ; do
    case $(tr '\\0' ' ' < "$path") in *"$1"*) found="$found $path" ;; esac
  done 2>/dev/null
  [ -n "$found" ] || break
  for path in $found; do pid=\${path#/proc/}; kill -9 "\${pid%/environ}" 2>/dev/null; done
  round=$((round + 1))
  sleep 0.05
done
chmod -R u+rwx -- "$2" 2>/dev/null
rm -rf -- "$2/sandboxes"
rm -rf -- "$2" || { sleep 1; rm -rf -- "$2"; }
`;

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
      env: childEnvironment([], { PATH: '/usr/local/bin:/usr/bin:/bin' }),
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
