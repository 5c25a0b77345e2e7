import { TransformStream } from 'node:stream/web';
import { hostSandbox, slowness } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { formatObservation } from './observation.ts';
import { type CommandOutcome, findShell, runShellCommand } from './run-command.ts';

async function run(command: string, timeoutMs = Math.ceil(60_000 * slowness)): Promise<CommandOutcome> {
  await using workspace = await hostSandbox();
  const signal = AbortSignal.timeout(timeoutMs + 5000);
  return await runShellCommand(workspace, command, {
    shell: await findShell(workspace, signal),
    timeoutMs,
    outputBytes: 1000,
    env: {},
    signal,
  });
}

test('uses sh in an image without bash', async () => {
  await using workspace = await hostSandbox();
  const bare = {
    ...workspace,
    exec: (...[argv, options]: Parameters<typeof workspace.exec>) =>
      workspace.exec(argv[0] === 'bash' ? ['no-such-shell'] : argv, options),
  };
  expect(await findShell(bare, AbortSignal.timeout(5000))).toBe('sh');
});

test('keeps the head and the tail of 300 MB of output, and little of it in memory', async () => {
  const before = process.memoryUsage().rss;
  const { exitCode, output } = await run(
    'echo first; head -c 300000000 /dev/zero | tr "\\0" x; echo; echo last',
  );
  expect(exitCode).toBe(0);
  expect(output.leftOutBytes).toBe(300_000_000 + 'first\n\nlast\n'.length - 1000);
  const text = formatObservation({ exitCode, output }, 0);
  expect(text.length).toBeLessThan(1200);
  expect(text).toMatch(/^exit code: 0\noutput:\nfirst\nx+/);
  expect(text).toMatch(/x\nlast\n$/);
  expect(text).toContain('\n[… 299999012 bytes left out;');
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
});

test('shows all of an output as long as the limit', async () => {
  const { output } = await run('head -c 1000 /dev/zero | tr "\\0" y');
  expect(formatObservation({ exitCode: 0, output }, 0)).toBe(`exit code: 0\noutput:\n${'y'.repeat(1000)}`);
});

test('does not wait for what a command leaves in the background', async () => {
  const { exitCode, output } = await run('sleep 600 & echo started');
  expect(formatObservation({ exitCode, output }, 0)).toBe('exit code: 0\noutput:\nstarted\n');
});

test('gives up on a background process that never stops printing', async () => {
  const { exitCode, output } = await run('echo started; (while :; do echo still here; sleep 0.1; done) &');
  expect(exitCode).toBe(0);
  expect(formatObservation({ exitCode, output }, 0)).toContain('output:\nstarted\nstill here\n');
});

test('waits for output that arrives late, after its process has ended', async () => {
  await using workspace = await hostSandbox();
  const slow: typeof workspace = {
    ...workspace,
    async exec(argv, options) {
      const process = await workspace.exec(argv, options);
      const late = new TransformStream<Uint8Array, Uint8Array>({
        async transform(chunk, controller) {
          for (const byte of chunk) {
            await new Promise((resolve) => setTimeout(resolve, 100));
            controller.enqueue(Uint8Array.of(byte));
          }
        },
      });
      return { ...process, stdout: process.stdout.pipeThrough(late) };
    },
  };
  const { output } = await runShellCommand(slow, 'printf 0123456789', {
    shell: 'sh',
    timeoutMs: 5000,
    outputBytes: 1000,
    env: {},
    signal: AbortSignal.timeout(20_000),
  });
  expect(Buffer.from(output.head).toString()).toBe('0123456789');
});

test('gives a command no input to wait for', async () => {
  const { exitCode, output } = await run('cat; read line; echo "got $?"');
  expect(formatObservation({ exitCode, output }, 0)).toBe('exit code: 0\noutput:\ngot 1\n');
});

test('reports syntax errors and signals as exit codes', async () => {
  expect((await run('if then')).exitCode).not.toBe(0);
  expect((await run('kill -9 $$')).exitCode).toBe(137);
});

test('replaces bytes that are not text, which providers reject', async () => {
  const { output } = await run("printf 'a\\000\\377\\355\\240\\200b'");
  const text = formatObservation({ exitCode: 0, output }, 0);
  expect(text.isWellFormed()).toBe(true);
  expect(text).not.toContain('\0');
});
