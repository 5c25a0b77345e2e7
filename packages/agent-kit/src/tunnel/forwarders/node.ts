import { forwarderStreams, windowBytes } from '../frames.ts';

/** The forwarder in Node 16 or later. */
export const node: string = String.raw`
const { spawn } = require('child_process'), fs = require('fs'), net = require('net'), os = require('os');
const [OPEN, READY, DATA, CREDIT, END, RESET, EXIT] = [1, 2, 3, 4, 5, 6, 7];
const [WINDOW, CHUNK, MOST] = [${windowBytes}, 65536, ${forwarderStreams}];
const streams = new Map(), waiting = [], children = new Map(), groups = [];
let next = 1, pending = Buffer.alloc(0);

function send(id, kind, data = '') {
  const body = Buffer.from(data), head = Buffer.alloc(9);
  head.writeUInt32BE(id, 0); head.writeUInt8(kind, 4); head.writeUInt32BE(body.length, 5);
  process.stdout.write(Buffer.concat([head, body]));
}

function stream(id, source, sink) {
  const one = { id, source, sink, credit: WINDOW, owed: 0, ending: !sink };
  streams.set(id, one);
  const over = () => { if (!one.source && one.ending) { streams.delete(id); adoptWaiting(); } };
  const failed = (error) => { if (streams.delete(id)) { source.destroy(); send(id, RESET, error.message); adoptWaiting(); } };
  one.pump = () => {
    for (let part; one.source && one.credit > 0 && (part = source.read(Math.min(one.credit, CHUNK, source.readableLength || 1))); ) {
      one.credit -= part.length;
      send(id, DATA, part);
    }
  };
  one.end = () => { one.ending = true; if (sink) sink.end(); over(); };
  source.on('readable', one.pump);
  source.on('end', () => { one.source = undefined; if (streams.has(id)) send(id, END); over(); });
  source.on('error', failed);
  if (sink && sink !== source) sink.on('error', () => {});
  return one;
}

function deliver(one, data) {
  const grant = () => {
    one.owed += data.length;
    if (one.owed < WINDOW / 4 || !streams.has(one.id)) return;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(one.owed);
    send(one.id, CREDIT, count);
    one.owed = 0;
  };
  if (one.sink && one.sink.writable) one.sink.write(data, grant); else grant();
}

function start(id, cwd, rest) {
  const split = rest.indexOf('');
  const env = { ...process.env };
  for (const pair of rest.slice(0, split)) env[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1);
  const [file, ...args] = rest.slice(split + 1);
  const child = spawn(file, args, { cwd, env, detached: true });
  child.on('error', (error) => {
    if (child.pid) return;
    send(id + 2, DATA, error.message + '\n');
    send(id, END); send(id + 2, END);
    send(id, EXIT, error.code === 'EACCES' ? '126' : '127');
  });
  if (!child.pid) return;
  groups.push(child.pid);
  children.set(id, child.pid);
  stream(id, child.stdout, child.stdin);
  stream(id + 2, child.stderr);
  child.on('exit', (code, signal) => {
    children.delete(id);
    send(id, EXIT, String(code === null ? 128 + os.constants.signals[signal] : code));
  });
}

// Node accepts by itself, so connections wait here until others have closed.
function adopt(id, socket) {
  socket.setNoDelay(true);
  send(next, OPEN, String(id));
  stream(next, socket, socket);
  next += 2;
}

function adoptWaiting() {
  while (waiting.length && streams.size < MOST) adopt(...waiting.shift());
}

function open(id, data) {
  const [verb, first, ...rest] = data.toString().split('\0');
  if (verb === 'exec') return start(id, first, rest);
  const failed = (error) => send(id, RESET, error.message);
  if (verb === 'connect') {
    const socket = net.connect({ port: Number(first), host: '127.0.0.1', allowHalfOpen: true });
    socket.setNoDelay(true);
    socket.once('error', failed);
    socket.once('connect', () => { socket.off('error', failed); stream(id, socket, socket); send(id, READY); });
    return;
  }
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    if (streams.size >= MOST) return waiting.push([id, socket]);
    adopt(id, socket);
  });
  server.on('error', failed);
  const ready = () => send(id, READY, String(server.address().port || 0));
  if (!first.startsWith('/')) return server.listen(Number(first), '127.0.0.1', 512, ready);
  fs.rmSync(first, { force: true });
  server.listen(first, 512, ready);
}

function kill(pid) { try { process.kill(-pid, 'SIGKILL'); } catch {} }

function receive(id, kind, data) {
  if (kind === OPEN) return open(id, data);
  const one = streams.get(id);
  if (kind === RESET) {
    if (children.has(id)) kill(children.get(id));
    streams.delete(id);
    adoptWaiting();
    if (one) { one.source && one.source.destroy(); one.sink && one.sink.destroy(); }
  } else if (!one) return;
  else if (kind === DATA) deliver(one, data);
  else if (kind === END) one.end();
  else if (kind === CREDIT) { one.credit += data.readUInt32BE(); one.pump(); }
}

process.stdin.on('data', (data) => {
  pending = pending.length ? Buffer.concat([pending, data]) : data;
  let at = 0;
  while (pending.length - at >= 9) {
    const length = pending.readUInt32BE(at + 5);
    if (pending.length - at < 9 + length) break;
    receive(pending.readUInt32BE(at), pending[at + 4], pending.subarray(at + 9, at + 9 + length));
    at += 9 + length;
  }
  pending = pending.subarray(at);
});
process.stdin.on('end', () => {
  groups.forEach(kill);
  send(0, EXIT);
  setTimeout(() => process.exit(), 30000);
});
process.stdout.on('error', () => process.exit());
process.on('uncaughtException', (error) => { process.stderr.write(String(error.stack)); process.exit(1); });
send(0, READY, 'node');
`;
