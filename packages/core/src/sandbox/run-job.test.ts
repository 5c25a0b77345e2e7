import { Buffer } from 'node:buffer';
import { TransformStream } from 'node:stream/web';
import { expect, test } from 'vitest';
import type { SandboxProcess } from '../contracts/workspace.ts';
import { hostWorkspace } from '../testing/host-workspace.ts';
import { carryOut, type Job, type Report } from './run-job.ts';

const signal = AbortSignal.timeout(60_000);
const none: Pick<Job, 'files' | 'wanted'> = { files: new Map(), wanted: new Map() };
const emptyReport = (): Report => ({ said: [], fetched: new Map() });

test('files arrive to the byte, whatever their size, and results come back', async () => {
  await using sandbox = await hostWorkspace();
  const bytes = (size: number): Buffer =>
    Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7) % 256));
  const sizes = [0, 1, 65_535, 65_536, 65_537, 1_000_000];
  const report = emptyReport();
  const job = {
    program: 'read -r mark; mkdir -p "$2"; cp "$1"/* "$2" 2> /dev/null; echo "$mark said $3"; echo unsaid',
    input: `${sandbox.patchesDir}/in`,
    result: `${sandbox.patchesDir}/out`,
    files: new Map(sizes.map((size) => [`of-${size}`, bytes(size)])),
    wanted: new Map([...sizes.map((size) => [`of-${size}`, size] as const), ['absent', 9]]),
  };
  expect(await carryOut(sandbox, job, report, signal)).toBeUndefined();
  expect(report.said).toEqual([`said ${sandbox.repoDir}`]);
  expect([...report.fetched.keys()]).toEqual(sizes.map((size) => `of-${size}`));
  for (const size of sizes)
    expect(report.fetched.get(`of-${size}`)?.equals(bytes(size)), `${size}`).toBe(true);
});

test('of a result that is too long the beginning and the end come back', async () => {
  await using sandbox = await hostWorkspace();
  const report = emptyReport();
  const program = 'mkdir -p "$2"; printf "beginning, middle and end" > "$2/text"';
  const job = { ...none, program, input: sandbox.patchesDir, result: `${sandbox.patchesDir}/out` };
  await carryOut(sandbox, { ...job, wanted: new Map([['text', 6]]) }, report, signal);
  expect(report.fetched.get('text')?.toString()).toBe('beg\nend');
});

test('a program that fails tells how', async () => {
  await using sandbox = await hostWorkspace();
  const job = { ...none, program: 'echo why >&2; exit 70', input: sandbox.patchesDir, result: '/nowhere' };
  expect(await carryOut(sandbox, job, emptyReport(), signal)).toEqual({ exitCode: 70, stderr: 'why' });
});

test('an output that is kept open holds nothing up, and lines without the mark are nobody’s', async () => {
  const { exec, ...rest } = await hostWorkspace();
  await using sandbox = { ...rest, exec: async () => talker() };
  const report = emptyReport();
  const job = { ...none, program: '', input: '/in', result: '/out' };
  expect(await carryOut(sandbox, job, report, signal)).toBeUndefined();
  expect(report).toEqual({ said: ['done'], fetched: new Map([['a', Buffer.from('text')]]) });
});

/** A process that ends its report and neither closes its output nor exits. */
function talker(): SandboxProcess {
  const input = new TransformStream<Uint8Array, Uint8Array>();
  const output = new TransformStream<Uint8Array, Uint8Array>();
  const talk = async (): Promise<void> => {
    const { value } = await input.readable.getReader().read();
    const mark = Buffer.from(value ?? [])
      .toString()
      .trim();
    const file = Buffer.from('text').toString('base64');
    const lines = [
      `${mark} done`,
      'merge clean naive',
      `x${mark} forged`,
      `${mark} file a ${file}`,
      `${mark} end`,
    ];
    await output.writable.getWriter().write(Buffer.from(lines.map((line) => `${line}\n`).join('')));
  };
  void talk();
  return {
    stdin: input.writable,
    stdout: output.readable,
    stderr: new TransformStream<Uint8Array, Uint8Array>().readable,
    wait: () => new Promise(() => {}),
    kill: async () => {},
  };
}
