import type { Forwarder } from '@cooperbench/agent-kit/tunnel';

/*
 * Each program listens on a loopback port of its own network namespace and joins every connection with a Unix socket, which all
 * execs of a sandbox share. Its standard output ends once it listens. Arguments: the path of the socket, the port.
 */
const python = `
import os, socket, sys, threading
path, port = sys.argv[1], int(sys.argv[2])
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', port))
listener.listen(128)
os.dup2(os.open('/dev/null', os.O_RDWR), 1)

def copy(source, sink):
    try:
        while True:
            data = source.recv(65536)
            if not data: break
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for one in (source, sink):
            try: one.shutdown(socket.SHUT_RDWR)
            except OSError: pass

def serve(client):
    with client, socket.socket(socket.AF_UNIX) as proxy:
        try: proxy.connect(path)
        except OSError: return
        back = threading.Thread(target=copy, args=(proxy, client), daemon=True)
        back.start()
        copy(client, proxy)
        back.join()

while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
`;

const perl = `
use strict; use Socket; use POSIX ();
my ($path, $port) = @ARGV;
socket(my $listener, PF_INET, SOCK_STREAM, 0) or exit 1;
setsockopt $listener, SOL_SOCKET, SO_REUSEADDR, 1;
bind($listener, pack_sockaddr_in($port, INADDR_LOOPBACK)) && listen($listener, 128) or exit 1;
open STDOUT, '>', '/dev/null';
$SIG{CHLD} = 'IGNORE';
sub copy {
  my ($source, $sink) = @_;
  while (sysread $source, my $data, 65536) {
    while (length $data) { my $sent = syswrite $sink, $data or return; substr $data, 0, $sent, '' }
  }
  shutdown $sink, 1;
}
while (1) {
  accept(my $client, $listener) or next;
  next if fork;
  close $listener;
  $SIG{CHLD} = 'DEFAULT';
  socket(my $proxy, PF_UNIX, SOCK_STREAM, 0) or POSIX::_exit(1);
  connect($proxy, pack_sockaddr_un($path)) or POSIX::_exit(1);
  my $back = fork;
  copy($back ? ($client, $proxy) : ($proxy, $client));
  waitpid $back, 0 if $back;
  POSIX::_exit(0);
}
`;

const node = `
const fs = require('fs'), net = require('net'), [path, port] = process.argv.slice(1);
net.createServer({ allowHalfOpen: true }, (client) => {
  const proxy = net.connect({ path, allowHalfOpen: true });
  for (const [one, other] of [[client, proxy], [proxy, client]]) one.on('error', () => other.destroy()).pipe(other);
}).on('error', () => process.exit(1)).listen(Number(port), '127.0.0.1', 128, () => {
  // The next descriptor that is opened becomes standard output again.
  fs.closeSync(1);
  fs.openSync('/dev/null', 'r+');
});
`;

const starts: Readonly<Record<Forwarder, readonly string[]>> = {
  python3: ['python3', '-I', '-S', '-c', python],
  perl: ['perl', '-e', perl],
  node: ['node', '-e', node],
};

/**
 * Returns a command that runs `argv` beside a bridge from a loopback port to the Unix socket at `path`. The command begins when
 * the bridge listens: the shell waits for the end of the bridge's standard output.
 */
export function withBridge(
  forwarder: Forwarder,
  path: string,
  port: number,
  argv: readonly string[],
): readonly string[] {
  const bridge = [...starts[forwarder], path, String(port)].map(quote).join(' ');
  return ['/bin/sh', '-c', `: "$(${bridge} < /dev/null 2> /dev/null &)"\nexec "$@"`, 'sh', ...argv];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
