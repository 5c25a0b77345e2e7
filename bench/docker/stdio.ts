import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { reply } from '../child.ts';
import { computeMedian } from '../median.ts';
import { buildDockerBackend, sampleSpec } from './daemon.ts';

/** Measures 100 MB through `cat`, there and back, and as its floor the same by `docker exec -i`. */
const repetitions = 3;
const piece = Buffer.alloc(1_000_000, 'x');
const pieces = 100;

await using backend = buildDockerBackend();
await using sandbox = await backend.create(sampleSpec('stdio'));
const values: number[] = [];
const floors: number[] = [];
for (let round = -1; round < repetitions; round += 1) {
  const [value, floor] = [await measureTime(measureThroughSandbox), await measureTime(measureThroughCli)];
  if (round < 0) continue;
  values.push(value);
  floors.push(floor);
}
reply({ value: computeMedian(values), floor: computeMedian(floors) });

async function measureThroughSandbox(): Promise<number> {
  const process = await sandbox.exec(['cat']);
  const writer = process.stdin.getWriter();
  const send = async (): Promise<void> => {
    for (let sentCount = 0; sentCount < pieces; sentCount += 1) await writer.write(piece);
    await writer.close();
  };
  const [, size] = await Promise.all([send(), countBytes(process.stdout)]);
  await process.wait();
  return size;
}

async function measureThroughCli(): Promise<number> {
  const child = spawn('docker', ['exec', '-i', sandbox.id, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const send = async (): Promise<void> => {
    for (let sentCount = 0; sentCount < pieces; sentCount += 1)
      if (!child.stdin.write(piece)) await once(child.stdin, 'drain');
    child.stdin.end();
  };
  const [, size] = await Promise.all([send(), countBytes(child.stdout), once(child, 'exit')]);
  return size;
}

async function countBytes(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const bytes of stream) size += bytes.length;
  return size;
}

async function measureTime(work: () => Promise<number>): Promise<number> {
  const started = performance.now();
  const size = await work();
  const time = performance.now() - started;
  if (size !== pieces * piece.length) throw new Error(`${size} bytes came back`);
  return time;
}
