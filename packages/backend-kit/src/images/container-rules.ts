import { readFileSync } from 'node:fs';

/**
 * Capabilities of root in a sandbox. Package managers and test suites change owners, read any file, switch users, end
 * processes of other users and listen on any port. The list lacks these defaults of Docker: MKNOD, NET_RAW (a sandbox could
 * impersonate its neighbours), SYS_CHROOT, SETPCAP, SETFCAP and AUDIT_WRITE.
 */
export const sandboxCapabilities: readonly string[] = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'NET_BIND_SERVICE',
  'SETGID',
  'SETUID',
];

const init = readFileSync(new URL('../../src/images/init.sh', import.meta.url), 'utf8');

/** The program of a container's first process, with its arguments. */
export const sandboxEntrypoint: readonly string[] = ['/bin/sh', '-c', init, init];

/**
 * The first process of a container, for providers that end a container with its first process. It only reaps. It starts
 * `sleep` again when something ends it, and exits when the image has no `sleep`.
 */
export const idleCommand: readonly string[] = [
  '/bin/sh',
  '-c',
  'while :; do sleep 2147483647 & wait $!; case $? in 126 | 127) exit 1 ;; esac; done',
];

/** Addresses that no sandbox may reach: private and shared ones (RFC 1918, RFC 6598), and link-local ones, where providers answer for a machine. */
export const privateRanges: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
];
