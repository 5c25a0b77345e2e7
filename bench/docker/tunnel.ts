import { createServer } from 'node:http';
import { openTunnel } from '../../packages/agent-kit/dist/index.js';
import { runCommand, type Workspace } from '../../packages/core/dist/index.js';
import { reply } from '../child.ts';
import { computeMedian } from '../median.ts';
import { buildDockerBackend, sampleSpec } from './daemon.ts';

/**
 * Measures 20 parallel requests, and 10 MB, from a program in a container without network to a server in this process, and
 * as their floor the same from that program to its own server.
 */
const repetitions = 9;

/** Both servers, and the client. */
const serve = `(request, response) => response.end(request.url === '/small' ? 'x' : Buffer.alloc(10_000_000, 'x'))`;
const client = `
  const { get, createServer } = require('node:http');
  const fetchOne = (port, path) => new Promise((resolve, reject) =>
    get({ port, path, host: '127.0.0.1', agent: false }, (response) => {
      let size = 0;
      response.on('data', (data) => { size += data.length; }).on('end', () => resolve(size)).on('error', reject);
    }).on('error', reject));
  const timed = async (port, path, count) => {
    const before = performance.now();
    const sizes = await Promise.all(Array.from({ length: count }, () => fetchOne(port, path)));
    if (sizes.some((size) => size !== (path === '/small' ? 1 : 10_000_000))) throw new Error('wrong sizes: ' + sizes);
    return performance.now() - before;
  };
  const own = createServer(${serve}).listen(0, '127.0.0.1', async () => {
    const both = async (path, count) => [
      await timed(Number(process.argv[1]), path, count),
      await timed(own.address().port, path, count),
    ];
    const rounds = [];
    for (let round = -2; round < ${repetitions}; round += 1) {
      const times = [await both('/small', 20), await both('/large', 1)];
      if (round >= 0) rounds.push(times);
    }
    console.log(JSON.stringify(rounds));
    process.exit();
  });`;

await using backend = buildDockerBackend({ network: 'none' });
await using sandbox = await backend.create(sampleSpec('tunnel'));
await using tunnel = await openTunnel(sandbox);
const server = createServer(new Function(`return ${serve}`)());
const port = await tunnel.listen(0, (connection) => void server.emit('connection', connection));
const programs: Pick<Workspace, 'exec'> = tunnel;
const { stdout, stderr, exitCode } = await runCommand(programs, ['node', '-e', client, String(port)]);
if (exitCode !== 0) throw new Error(stderr.toString());
const rounds = JSON.parse(stdout.toString()) as [through: number, own: number][][];
reply(
  [0, 1].map((kind) => ({
    value: computeMedian(rounds.map((roundTimes) => roundTimes[kind]?.[0] ?? Number.NaN)),
    floor: computeMedian(rounds.map((roundTimes) => roundTimes[kind]?.[1] ?? Number.NaN)),
  })),
);
