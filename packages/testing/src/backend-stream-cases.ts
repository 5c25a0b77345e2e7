import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SandboxProcess } from '@cooperbench/core';
import { runCommand } from '@cooperbench/core';
import { type BackendCase, readOutput, shell, withSandbox } from './backend-subject.ts';

const MiB = 1 << 20;
/** More than any pipe, socket or relay may hold on the way. */
const muchMiB = 64;
const maxGrowthMiB = 256;
const chunk: Uint8Array = Buffer.alloc(
  MiB,
  Uint8Array.from({ length: 251 }, (_, index) => index),
);

async function feed(process: SandboxProcess, chunks: number, onChunk: () => void): Promise<void> {
  const input = process.stdin.getWriter();
  for (let sentCount = 0; sentCount < chunks; sentCount += 1) {
    await input.write(chunk);
    onChunk();
  }
  await input.close();
}

/** Resolves with a count that has not changed for a second or has reached `end`. */
async function waitUntilSettled(count: () => Promise<number>, end: number): Promise<number> {
  let last = await count();
  for (let still = 0; still < 4 && last < end; ) {
    await delay(250);
    const now = await count();
    still = now === last ? still + 1 : 0;
    last = now;
  }
  return last;
}

/** Promises about the streams of a process: no byte is lost, and a slow reader holds back the writer. */
export const streamCases: readonly BackendCase[] = [
  {
    name: 'a large stream goes in and comes out again, in bounded memory',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const chunks = Math.ceil((subject.streamBytes ?? muchMiB * MiB) / MiB);
        const child = await sandbox.exec(['cat']);
        const [sentHash, received] = [createHash('sha256'), createHash('sha256')];
        const atFirst = process.memoryUsage.rss();
        let [peak, size] = [atFirst, 0];
        const drain = async (): Promise<void> => {
          for await (const part of child.stdout) {
            received.update(part);
            size += part.byteLength;
            peak = Math.max(peak, process.memoryUsage.rss());
          }
        };
        await Promise.all([feed(child, chunks, () => sentHash.update(chunk)), drain()]);
        assert.equal(await child.wait(), 0);
        assert.equal(size, chunks * MiB);
        assert.equal(received.digest('hex'), sentHash.digest('hex'), 'other bytes came out');
        const growth = Math.round((peak - atFirst) / MiB);
        assert.ok(growth < maxGrowthMiB, `${chunks} MiB took ${growth} MiB of this process's memory`);
      }),
  },
  {
    name: 'a program whose output is not read is held back, and loses none of it',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const args = [`${sandbox.patchesDir}/printed`, String(muchMiB), String(MiB)];
        const script = 'n=0; while [ $n -lt $2 ]; do head -c $3 /dev/zero; n=$((n + 1)); echo $n >"$1"; done';
        const process = await sandbox.exec(['sh', '-c', script, 'sh', ...args]);
        const count = async (): Promise<number> =>
          Number(await readOutput(sandbox, 'cat "$1" 2>/dev/null || echo 0', { args }));
        const ahead = await waitUntilSettled(count, muchMiB);
        assert.ok(ahead < muchMiB, `${muchMiB} MiB were taken from a program that nobody read`);
        let size = 0;
        for await (const part of process.stdout) size += part.byteLength;
        assert.equal(size, muchMiB * MiB);
        assert.equal(await process.wait(), 0);
      }),
  },
  {
    name: 'a writer to a program that does not read is held back, and loses nothing',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const args = [`${sandbox.patchesDir}/go`];
        const script = 'while [ ! -e "$1" ]; do sleep 0.1; done; wc -c';
        const process = await sandbox.exec(['sh', '-c', script, 'sh', ...args]);
        let acceptedBytes = 0;
        const fed = feed(process, muchMiB, () => {
          acceptedBytes += 1;
        });
        fed.catch(() => {});
        const ahead = await waitUntilSettled(async () => acceptedBytes, muchMiB);
        assert.ok(ahead < muchMiB, `${muchMiB} MiB were accepted for a program that does not read`);
        await shell(sandbox, ': >"$1"', { args });
        let counted = '';
        for await (const part of process.stdout) counted += Buffer.from(part);
        await fed;
        assert.equal(Number(counted), muchMiB * MiB);
        assert.equal(await process.wait(), 0);
      }),
  },
  {
    name: 'both outputs, written concurrently, arrive whole, to the last byte',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const script =
          'head -c 3000001 /dev/zero >&2 & head -c 3000001 /dev/zero; wait; printf end; printf END >&2';
        const { stdout, stderr } = await shell(sandbox, script);
        assert.deepEqual([stdout.length, stderr.length], [3_000_004, 3_000_004]);
        assert.deepEqual([stdout.toString().slice(-3), stderr.toString().slice(-3)], ['end', 'END']);
      }),
  },
  {
    name: 'output that nobody wants can be cancelled',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const process = await sandbox.exec(['sh', '-c', 'head -c 10000000 /dev/zero; exit 4']);
        await Promise.all([process.stdout.cancel(), process.stderr.cancel()]);
        assert.equal(await process.wait(), 4);
      }),
  },
  {
    name: 'twenty concurrent execs keep their input, output and exit codes apart',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const numbers = Array.from({ length: 20 }, (_, n) => n);
        const results = await Promise.all(
          numbers.map((n) =>
            shell(sandbox, 'cat; echo err $1 >&2; exit $1', { args: [String(n)], stdin: `in ${n}` }),
          ),
        );
        assert.deepEqual(
          results.map(({ exitCode, stdout, stderr }) => [exitCode, stdout.toString(), stderr.toString()]),
          numbers.map((n) => [n, `in ${n}`, `err ${n}\n`]),
        );
      }),
  },
  {
    name: 'input for a program that does not read it harms nothing',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const result = await runCommand(sandbox, ['true'], { stdin: new Uint8Array(1_000_000) });
        assert.equal(result.exitCode, 0);
        assert.equal(await readOutput(sandbox, 'echo well'), 'well\n');
      }),
  },
  {
    name: 'a program whose input is never closed still ends, and so do its outputs',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const process = await sandbox.exec(['sh', '-c', 'echo out; echo err >&2']);
        let [out, err] = ['', ''];
        for await (const part of process.stdout) out += Buffer.from(part);
        for await (const part of process.stderr) err += Buffer.from(part);
        assert.deepEqual([out, err, await process.wait()], ['out\n', 'err\n', 0]);
      }),
  },
];
