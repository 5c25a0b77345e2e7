import { forwarderStreams, windowBytes } from '../frames.ts';

/** The forwarder in Python 3.6 or later. Standard output may block: the host always reads it. */
export const python: string = String.raw`
import errno, os, select, signal, socket, struct, subprocess, sys, time
OPEN, READY, DATA, CREDIT, END, RESET, EXIT = range(1, 8)
WINDOW, CHUNK, MOST = ${windowBytes}, 65536, ${forwarderStreams}
streams, listeners, children, groups = {}, {}, {}, []
next_id, pending = 1, bytearray()
woken, wake = os.pipe()
for fd in (woken, wake): os.set_blocking(fd, False)
signal.signal(signal.SIGCHLD, lambda *_: None)
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
signal.set_wakeup_fd(wake)

def send(id, kind, data=b''):
    view = memoryview(struct.pack('>IBI', id, kind, len(data)) + data)
    while view: view = view[os.write(1, view):]

class Stream:
    def __init__(self, id, source, sink, sock=None):
        self.id, self.source, self.sink, self.sock = id, source, sink, sock
        self.credit, self.owed, self.out, self.ended = WINDOW, 0, bytearray(), False
        for fd in (source, sink):
            if fd is not None: os.set_blocking(fd, False)
        streams[id] = self

    def read(self):
        try: data = os.read(self.source, min(CHUNK, self.credit))
        except BlockingIOError: return
        except OSError as error: return self.reset(error)
        self.credit -= len(data)
        send(self.id, DATA if data else END, data)
        if not data: self.no_source()

    def write(self):
        while self.out:
            try: sent = os.write(self.sink, memoryview(self.out)[:CHUNK])
            except BlockingIOError: return
            except OSError:
                # Whoever closed its input may still have output.
                self.grant(len(self.out)); self.out.clear()
                break
            del self.out[:sent]
            self.grant(sent)
        if self.ended: self.no_sink()

    def grant(self, count):
        self.owed += count
        if self.owed >= WINDOW // 4:
            send(self.id, CREDIT, struct.pack('>I', self.owed))
            self.owed = 0

    def no_source(self):
        if self.sock is None: os.close(self.source)
        self.source = None
        self.forget()

    def no_sink(self):
        if self.sock is None: os.close(self.sink)
        else:
            try: self.sock.shutdown(socket.SHUT_WR)
            except OSError: pass
        self.sink = None
        self.forget()

    def forget(self):
        if self.source is None and self.sink is None:
            if self.sock: self.sock.close()
            streams.pop(self.id, None)

    def close(self):
        for fd in {self.source, self.sink} - {None}:
            if self.sock is None: os.close(fd)
        if self.sock: self.sock.close()
        streams.pop(self.id, None)

    def reset(self, error):
        self.close()
        send(self.id, RESET, str(error).encode())

def connected(id, sock):
    sock.setblocking(False)
    if sock.family == socket.AF_INET: sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Stream(id, sock.fileno(), sock.fileno(), sock)

def start(id, cwd, rest):
    split = rest.index(b'')
    env = {**os.environb, **{k: v for k, _, v in (pair.partition(b'=') for pair in rest[:split])}}
    errors = id + 2
    try:
        child = subprocess.Popen(rest[split + 1:], cwd=cwd, env=env, bufsize=0, start_new_session=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        send(errors, DATA, ('%s\n' % error).encode())
        for ended in (id, errors): send(ended, END)
        return send(id, EXIT, b'126' if error.errno == errno.EACCES else b'127')
    children[child.pid] = (id, child)
    groups.append(child.pid)
    Stream(id, os.dup(child.stdout.fileno()), os.dup(child.stdin.fileno()))
    Stream(errors, os.dup(child.stderr.fileno()), None)
    for pipe in (child.stdin, child.stdout, child.stderr): pipe.close()

def open_stream(id, data):
    verb, *rest = data.split(b'\0')
    try:
        if verb == b'exec': return start(id, rest[0], rest[1:])
        if verb == b'connect':
            connected(id, socket.create_connection(('127.0.0.1', int(rest[0])), 30))
            return send(id, READY)
        local = rest[0].startswith(b'/')
        listener = socket.socket(socket.AF_UNIX if local else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if local and os.path.exists(rest[0]): os.unlink(rest[0])
        listener.bind(rest[0] if local else ('127.0.0.1', int(rest[0])))
        listener.listen(512)
        listener.setblocking(False)
        listeners[listener.fileno()] = (id, listener)
        send(id, READY, b'0' if local else str(listener.getsockname()[1]).encode())
    except OSError as error: send(id, RESET, str(error).encode())

def accept(fd):
    global next_id
    id, listener = listeners[fd]
    try: sock, _ = listener.accept()
    except OSError: return
    send(next_id, OPEN, str(id).encode())
    connected(next_id, sock)
    next_id += 2

def kill(pid):
    try: os.killpg(pid, signal.SIGKILL)
    except OSError: pass

def receive(id, kind, data):
    if kind == OPEN: return open_stream(id, data)
    stream = streams.get(id)
    if kind == RESET:
        for pid, (owner, _) in list(children.items()):
            if owner == id: kill(pid)
        if stream: stream.close()
    elif stream is None: return
    elif kind == DATA:
        if stream.sink is not None: stream.out += data; stream.write()
    elif kind == END: stream.ended = True; stream.sink is not None and stream.write()
    elif kind == CREDIT: stream.credit += struct.unpack('>I', data)[0]

def reap():
    try: os.read(woken, 512)
    except OSError: pass
    for pid, (id, child) in list(children.items()):
        code = child.poll()
        if code is None: continue
        del children[pid]
        send(id, EXIT, str(code if code >= 0 else 128 - code).encode())

def finish():
    for pid in groups: kill(pid)
    send(0, EXIT)
    time.sleep(30)
    sys.exit()

send(0, READY, b'python3')
while True:
    poll, readers, writers = select.poll(), {}, {}
    for stream in streams.values():
        if stream.source is not None and stream.credit > 0: readers[stream.source] = stream
        if stream.sink is not None and stream.out: writers[stream.sink] = stream
    for fd in readers.keys() | writers.keys():
        poll.register(fd, (select.POLLIN if fd in readers else 0) | (select.POLLOUT if fd in writers else 0))
    for fd in (0, woken): poll.register(fd, select.POLLIN)
    if len(streams) < MOST:
        for fd in listeners: poll.register(fd, select.POLLIN)
    for fd, events in poll.poll():
        if fd == woken: reap()
        elif fd in listeners: accept(fd)
        elif fd == 0:
            data = os.read(0, CHUNK * 4)
            if not data: finish()
            pending += data
            while len(pending) >= 9:
                id, kind, length = struct.unpack_from('>IBI', pending)
                if len(pending) < 9 + length: break
                body = bytes(pending[9:9 + length])
                del pending[:9 + length]
                receive(id, kind, body)
        else:
            stream = writers.get(fd)
            if stream and stream.sink == fd and events & ~select.POLLIN: stream.write()
            stream = readers.get(fd)
            if stream and stream.source == fd and events & ~select.POLLOUT: stream.read()
`;
