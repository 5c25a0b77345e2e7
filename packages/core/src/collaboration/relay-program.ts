import { readFileSync } from 'node:fs';

/**
 * The programs that a seat's sandbox gets. They need POSIX sh and coreutils (or busybox).
 *
 * One client serves every command: it is installed under each name and finds its own name in `$0`. A call is a folder
 * `req.XXXXXX` that holds `command`, `args` (each followed by a NUL byte) and the FIFOs `reply` and `life`. The client writes
 * the folder's name into the FIFO `in`. The relay prints one line for each: `NAME COMMAND =ARGS`
 * (base64 after `=`). The host answers on the relay's standard input:
 *
 * - `NAME stdin`: the client sends its standard input, and the relay prints `NAME stdin =BYTES`.
 * - `NAME stream`: the client makes the FIFOs `up` and `down` and copies its standard streams through them. The relay
 *   prints `NAME stream`, and the host attaches to them with `attach.sh`.
 * - `NAME CODE =STDOUT =STDERR`: the client prints both and exits. The relay then prints `NAME printed`. When the client
 *   ended without printing, the relay prints `NAME gone`.
 *
 * Only the client holds `life` open. While a call reads its standard input or streams, a watcher reads from `life`, so that
 * the host learns when a client is killed.
 *
 * The folders are the queue. The FIFO only announces them, so a restarted relay finds the calls that wait.
 */

/** Maximum bytes of a command's arguments, of its standard input, and of its answer. */
export const maxBytes: number = 256 * 1024;

const client = readFileSync(new URL('../../src/collaboration/client.sh', import.meta.url), 'utf8');
const relay = readFileSync(new URL('../../src/collaboration/relay.sh', import.meta.url), 'utf8');
const attach = readFileSync(new URL('../../src/collaboration/attach.sh', import.meta.url), 'utf8');

/**
 * Returns the command that runs the relay. `folder`: that of an earlier relay, or an empty string. `visible` commands are on
 * PATH, `hidden` ones beside the relay.
 */
export function listRelayCommand(
  folder: string,
  visible: readonly string[],
  hiddenNames: readonly string[],
): string[] {
  return ['sh', '-c', relay, 'sh', client, String(maxBytes), folder, ...visible, '--', ...hiddenNames];
}

/** Returns the command that connects the host to the streams of the call in this folder. */
export function attachCommand(folder: string): string[] {
  return ['sh', '-c', attach, 'sh', folder];
}
