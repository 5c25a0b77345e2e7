import { Buffer } from 'node:buffer';
import { ReadableStream, TransformStream, WritableStream } from 'node:stream/web';
import { hostSandbox } from '@cooperbench/testing';
import { describe, expect, test, vi } from 'vitest';
import { SandboxError } from '../contracts/errors.ts';
import type { Job } from '../contracts/jobs.ts';
import type { SandboxProcess } from '../contracts/workspace.ts';
import { runJob } from './run-job.ts';

const { signal } = new AbortController();
const jobOf = (overrides: Partial<Job>): Job => ({
  id: 'one',
  spec: { name: 'x', labels: {}, image: 'x', taskDir: '/x', untrusted: false, lifetimeMs: 60_000 },
  program: '',
  files: new Map(),
  outputs: new Map(),
  timeoutMs: 60_000,
  ...overrides,
});

test('files arrive to the byte, whatever their size, and results come back', async () => {
  await using sandbox = await hostSandbox();
  const bytes = (size: number): Buffer =>
    Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7) % 256));
  const sizes = [0, 1, 65_535, 65_536, 65_537, 1_000_000];
  const job = jobOf({
    program: 'read -r mark; mkdir -p "$2"; cp "$1"/of-* "$2"; echo "$mark said $3"; echo unsaid',
    files: new Map(sizes.map((size) => [`of-${size}`, bytes(size)])),
    outputs: new Map([...sizes.map((size) => [`of-${size}`, size] as const), ['absent', 9]]),
  });
  const { id, markedLines, outputFiles, endedEarly } = await runJob(sandbox, job, signal);
  expect({ id, markedLines, endedEarly }).toEqual({
    id: 'one',
    markedLines: [`said ${sandbox.repoDir}`],
    endedEarly: undefined,
  });
  expect([...outputFiles.keys()]).toEqual(sizes.map((size) => `of-${size}`));
  for (const size of sizes) expect(bytes(size).equals(outputFiles.get(`of-${size}`)!), `${size}`).toBe(true);
});

test('files for sandboxes made from source reach only those', async () => {
  await using sandbox = await hostSandbox();
  const job = jobOf({
    program: 'read -r mark; for name in "$1"/*; do echo "$mark ${name##*/}"; done',
    files: new Map([['always', '1']]),
    sourceFiles: new Map([['script', '2']]),
  });
  expect(await runJob(sandbox, job, signal)).toMatchObject({ markedLines: ['always', 'script'] });
  const image = { ...sandbox, patchesDir: `${sandbox.patchesDir}/other` };
  const origin = { from: 'image', reference: 'x' } as const;
  expect(await runJob({ ...image, origin }, job, signal)).toMatchObject({ markedLines: ['always'] });
});

test('a file is read in pieces when it is sent', async () => {
  await using sandbox = await hostSandbox();
  const mock = vi.fn(() => [Buffer.from('one, '), Buffer.from('two')]);
  const job = jobOf({
    program: 'mkdir -p "$2"; cp "$1/late" "$2"',
    files: new Map([['late', { length: 8, read: mock }]]),
    outputs: new Map([['late', 100]]),
  });
  expect(mock).not.toHaveBeenCalled();
  const { outputFiles } = await runJob(sandbox, job, signal);
  expect(`${outputFiles.get('late')}`).toBe('one, two');
});

test('a file that cannot be read to its end fails the job', async () => {
  await using sandbox = await hostSandbox();
  const read = function* (): Generator<Uint8Array> {
    yield Buffer.from('one');
    throw new Error('the patch changed');
  };
  const job = jobOf({ program: 'exit 0', files: new Map([['late', { length: 3, read }]]) });
  await expect(runJob(sandbox, job, signal)).rejects.toThrow('the patch changed');
});

test('a result that is too long keeps its beginning and end', async () => {
  await using sandbox = await hostSandbox();
  const program = 'mkdir -p "$2"; printf "beginning, middle and end" > "$2/text"';
  const { outputFiles } = await runJob(sandbox, jobOf({ program, outputs: new Map([['text', 6]]) }), signal);
  expect(outputFiles.get('text')?.toString()).toBe('beg\nend');
});

test('a file that the program printed itself is not replaced by a later one, and one not wanted is dropped', async () => {
  await using sandbox = await hostSandbox();
  const program =
    'read -r mark; mkdir -p "$2"; for name in a b; do echo "$mark file $name $(echo early | base64)"; echo late > "$2/$name"; done';
  const { outputFiles } = await runJob(sandbox, jobOf({ program, outputs: new Map([['a', 9]]) }), signal);
  expect([...outputFiles].map(([name, bytes]) => [name, `${bytes}`])).toEqual([['a', 'early\n']]);
});

test('a program that fails tells how', async () => {
  await using sandbox = await hostSandbox();
  const job = jobOf({ program: 'echo why >&2; exit 70' });
  expect(await runJob(sandbox, job, signal)).toMatchObject({ endedEarly: { exitCode: 70, stderr: 'why' } });
});

test('a program that runs too long ends early, with what it said', async () => {
  await using sandbox = await hostSandbox();
  const job = jobOf({ program: 'read -r mark; echo "$mark begun"; exec sleep 60', timeoutMs: 1000 });
  expect(await runJob(sandbox, job, signal)).toMatchObject({
    markedLines: ['begun'],
    endedEarly: { exitCode: 124, stderr: 'it took too long' },
  });
});

test.for(['program', 'step'] as const)(
  'the time limit of a %s that passes while the sandbox cannot be reached is no result',
  async (subject) => {
    await using sandbox = await hostSandbox();
    const away = new SandboxError('SANDBOX_UNREACHABLE', 'The sandbox cannot be reached.', {
      fromOutside: true,
    });
    const requests: number[] = [];
    const interruption = async (sinceMs: number) => {
      requests.push(sinceMs);
      return away;
    };
    const began = performance.now();
    const program = 'mkdir -p "$2"; echo state > "$2/state"';
    const slow = subject === 'program' ? { program: 'exec sleep 60', timeoutMs: 1000 } : { program };
    const job = jobOf({
      ...{ ...slow, stepProgram: 'exec sleep 60', outputs: new Map([['state', 100]]) },
      steps: [{ name: 'one', stdin: 'state', timeoutMs: 1000 }],
    });
    await expect(runJob({ ...sandbox, interruption }, job, signal)).rejects.toBe(away);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toBeGreaterThan(began);
  },
);

describe('steps', () => {
  const steps = (...names: string[]) => names.map((name) => ({ name, stdin: 'state', timeoutMs: 60_000 }));
  const withSteps = (stepProgram: string, overrides: Partial<Job> = {}): Job =>
    jobOf({
      program: 'mkdir -p "$2"; echo for steps > "$2/state"',
      outputs: new Map([['state', 100]]),
      stepProgram,
      steps: steps('one'),
      ...overrides,
    });

  test('run one by one after the program, with an output of it that the sandbox no longer has', async () => {
    await using sandbox = await hostSandbox();
    const job = withSteps('cat; ls "$2" 2> /dev/null; echo "$4"; [ "$4" = one ] || exit 4', {
      steps: [...steps('one', 'two'), { name: 'three', stdin: 'absent', timeoutMs: 60_000 }],
    });
    const report = await runJob(sandbox, job, signal);
    expect([...(report.steps ?? [])].map(([, step]) => [step.exitCode, `${step.output}`])).toEqual([
      [0, 'for steps\none\n'],
      [4, 'for steps\ntwo\n'],
    ]);
  });

  test('the first runs in the process of the program, whose errors are not its own', async () => {
    await using sandbox = await hostSandbox();
    const exec = vi.fn(sandbox.exec);
    const job = withSteps('echo "of $4" >&2', {
      program: 'echo of the program >&2; mkdir -p "$2"; echo > "$2/state"',
      steps: steps('one', 'two'),
    });
    const report = await runJob({ ...sandbox, exec }, job, signal);
    expect(exec).toHaveBeenCalledTimes(2);
    expect([...(report.steps?.values() ?? [])].map(({ stderr }) => stderr)).toEqual(['of one', 'of two']);
  });

  test('one for after success is left out when another failed', async () => {
    await using sandbox = await hostSandbox();
    const all = steps('one', 'last').map((step) => ({ ...step, afterSuccess: step.name === 'last' }));
    const { steps: failed } = await runJob(sandbox, withSteps('exit 1', { steps: all }), signal);
    expect([...(failed?.keys() ?? [])]).toEqual(['one']);
    const { steps: passed } = await runJob(sandbox, withSteps('exit 0', { steps: all }), signal);
    expect([...(passed?.keys() ?? [])]).toEqual(['one', 'last']);
  });

  test('one for after failure runs only after a step that failed', async () => {
    await using sandbox = await hostSandbox();
    const all = steps('one', 'one.probe', 'two', 'two.probe', 'absent.probe').map((step) => ({
      ...step,
      afterFailure: step.name.endsWith('.probe'),
    }));
    const job = withSteps('[ "$4" != two ] || exit 1', { steps: all });
    expect([...((await runJob(sandbox, job, signal)).steps?.keys() ?? [])]).toEqual([
      'one',
      'two',
      'two.probe',
    ]);
  });

  test('none runs when the program did not reach its end', async () => {
    await using sandbox = await hostSandbox();
    const report = await runJob(sandbox, withSteps('echo ran', { program: 'exit 70' }), signal);
    expect(report).toMatchObject({ endedEarly: { exitCode: 70 } });
    expect(report.steps).toBeUndefined();
  });

  test('one that stops all of its processes ends with its time, and the next one runs', async () => {
    await using sandbox = await hostSandbox();
    const job = withSteps('echo begun; [ "$4" != one ] || kill -STOP 0', {
      steps: steps('one', 'two').map((step) => ({ ...step, timeoutMs: step.name === 'one' ? 500 : 60_000 })),
    });
    const report = await runJob(sandbox, job, signal);
    expect(report.steps?.get('one')).toMatchObject({
      exitCode: 124,
      endedFor: 'time',
      output: Buffer.from('begun\n'),
    });
    expect(report.steps?.get('two')).toMatchObject({ exitCode: 0 });
  });

  test('one that prints without end is ended, and the beginning and the end are kept', async () => {
    await using sandbox = await hostSandbox();
    const report = await runJob(sandbox, withSteps('echo begun; exec yes'), signal);
    expect(report.steps?.get('one')).toMatchObject({ exitCode: 124, endedFor: 'output' });
    const { output = Buffer.of() } = report.steps?.get('one') ?? {};
    expect(output.length).toBeLessThan(4.3e6);
    expect(Buffer.from(output).toString()).toMatch(/^begun\ny\n/);
  });

  test('what happens to the sandbox while they run is part of the report', async () => {
    await using sandbox = await hostSandbox();
    let execs = 0;
    const exec: typeof sandbox.exec = async (...args) => {
      execs += 1;
      if (execs > 1) throw new SandboxError('SANDBOX_LOST', 'The sandbox is gone.');
      return sandbox.exec(...args);
    };
    const job = withSteps('exit 0', { steps: steps('one', 'two') });
    const report = await runJob({ ...sandbox, exec }, job, signal);
    expect(report).toMatchObject({ lost: 'The sandbox is gone.' });
    expect([...(report.steps?.keys() ?? [])]).toEqual(['one']);
  });

  test('a first one whose name does not arrive is lost, although the process exits with 0', async () => {
    await using sandbox = await hostSandbox();
    const report = await runJob({ ...sandbox, exec: async () => deafAfterProgram() }, withSteps(''), signal);
    expect(report).toMatchObject({ lost: 'The process of the job ended before its first step.' });
    expect(report.steps?.size).toBe(0);
  });

  test('a first one whose name a backend takes and drops is lost, although the process exits with 0', async () => {
    await using sandbox = await hostSandbox();
    const stderr = ReadableStream.from<Uint8Array>([]);
    const exec: typeof sandbox.exec = async () => ({ ...deafAfterProgram(async () => {}), stderr });
    const report = await runJob({ ...sandbox, exec }, withSteps(''), signal);
    expect(report).toMatchObject({ lost: 'The process of the job ended before its first step.' });
    expect(report.steps?.size).toBe(0);
  });

  test('a first one that a backend never starts ends with its time', async () => {
    await using sandbox = await hostSandbox();
    const exec = async () => ({
      ...deafAfterProgram(() => new Promise(() => {})),
      wait: () => new Promise<number>(() => {}),
    });
    const job = withSteps('', { steps: steps('one').map((step) => ({ ...step, timeoutMs: 300 })) });
    const report = await runJob({ ...sandbox, exec }, job, signal);
    expect(report.steps?.get('one')).toMatchObject({ exitCode: 124, endedFor: 'time' });
  });

  test('a process may be an instance of a class', async () => {
    await using sandbox = await hostSandbox();
    class Own implements SandboxProcess {
      readonly stdin;
      readonly stdout;
      readonly stderr;
      readonly #inner: SandboxProcess;
      constructor(inner: SandboxProcess) {
        this.#inner = inner;
        ({ stdin: this.stdin, stdout: this.stdout, stderr: this.stderr } = inner);
      }
      wait() {
        return this.#inner.wait();
      }
      kill() {
        return this.#inner.kill();
      }
    }
    const exec: typeof sandbox.exec = async (...args) => new Own(await sandbox.exec(...args));
    const job = withSteps('exit 3', { steps: steps('one', 'two') });
    const report = await runJob({ ...sandbox, exec }, job, signal);
    expect([...(report.steps?.values() ?? [])].map(({ exitCode }) => exitCode)).toEqual([3, 3]);
  });
});

test('an abort rejects with its reason', async () => {
  await using sandbox = await hostSandbox();
  const stop = new AbortController();
  const running = runJob(sandbox, jobOf({ program: 'exec sleep 60' }), stop.signal);
  stop.abort('enough');
  await expect(running).rejects.toBe('enough');
});

test('an output that is kept open holds nothing up, and lines without the mark do not count', async () => {
  const { exec, ...rest } = await hostSandbox();
  await using sandbox = { ...rest, exec: async () => talker() };
  const { markedLines, outputFiles } = await runJob(sandbox, jobOf({ outputs: new Map([['a', 9]]) }), signal);
  expect({ markedLines, outputFiles }).toEqual({
    markedLines: ['done'],
    outputFiles: new Map([['a', Buffer.from('text')]]),
  });
});

/** Returns a process whose input breaks once its program has ended. Such a process reads the end of its input, and exits with 0. */
function deafAfterProgram(
  write: () => Promise<void> = () => Promise.reject(new Error('broken')),
): SandboxProcess {
  const output = new TransformStream<Uint8Array, Uint8Array>();
  const printer = output.writable.getWriter();
  let mark: string | undefined;
  let hasInput = false;
  const stdin = new WritableStream<Uint8Array>({
    async write(bytes) {
      const text = Buffer.from(bytes).toString();
      if (mark === undefined) mark = text.trim();
      else if (hasInput) await write();
      else if (text === '\n') {
        hasInput = true;
        void printer.write(
          Buffer.from(`${mark} file state ${Buffer.from('x').toString('base64')}\n${mark} end\n`),
        );
      }
    },
  });
  const stderr = new TransformStream<Uint8Array, Uint8Array>().readable;
  return { stdin, stdout: output.readable, stderr, wait: async () => 0, kill: async () => {} };
}

/** Returns a process that ends its report and neither closes its output nor exits. */
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
