import { hostSandbox } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Sandbox } from '../contracts/backend.ts';
import type { SeatAnswer, SeatCall } from '../contracts/channel.ts';
import { runCommand } from '../sandbox/command.ts';
import { Relay } from './relay.ts';

let sandbox: Sandbox;
let relay: Relay;
/** How each call of `read_all` and `hold` ended. */
let endings: string[];

const commands: Record<string, (call: SeatCall) => Promise<SeatAnswer>> = {
  /** Says how many bytes of standard input it was given. */
  async read_all({ stdin }) {
    return { stdout: `${(await stdin()).length}\n` };
  },
  /** Says it over the stream, once the input has ended. */
  async count({ stream }) {
    const { readable, writable } = await stream();
    let bytes = 0;
    for await (const chunk of readable) bytes += chunk.length;
    const writer = writable.getWriter();
    await writer.write(Buffer.from(`${bytes}\n`));
    await writer.close();
    return {};
  },
  /** Closes the stream without reading what comes. */
  async hang_up({ stream }) {
    await (await stream()).writable.close();
    return { exitCode: 3 };
  },
  /** Keeps a stream until the caller has gone. */
  async hold({ stream, signal }) {
    const { writable } = await stream();
    const writer = writable.getWriter();
    await writer.write(Buffer.from('connected\n'));
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw signal.reason;
  },
};

beforeEach(async () => {
  endings = [];
  sandbox = await hostSandbox();
  relay = await Relay.start({
    seat: 'agent1',
    workspace: sandbox,
    commands: Object.keys(commands).map((name) => ({ name, usage: name })),
    async run(call) {
      const answer = commands[call.command]?.(call) ?? Promise.resolve({});
      answer.then(
        () => endings.push('answered'),
        (error: Error) => endings.push(error.message),
      );
      return answer;
    },
    onLost: () => {},
    onLimit: () => {},
  });
});

afterEach(async () => {
  await relay[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

async function sh(script: string): Promise<{ exitCode: number; out: string; err: string }> {
  const { exitCode, stdout, stderr } = await runCommand(sandbox, ['sh', '-c', script]);
  return { exitCode, out: stdout.toString(), err: stderr.toString() };
}

test('the end of standard input reaches the host, whose answer still comes back', async () => {
  expect(await sh('printf abc | count')).toEqual({ exitCode: 0, out: '3\n', err: '' });
  expect(await sh('head -c 1000000 /dev/zero | count | cat')).toMatchObject({ out: '1000000\n' });
  expect(await sh('count < /dev/null')).toMatchObject({ exitCode: 0, out: '0\n' });
});

test('the end of the answer ends a caller whose standard input goes on', async () => {
  expect(await sh('mkfifo never; hang_up 0<> never; echo "$?"')).toMatchObject({ out: '3\n' });
});

test.for(['KILL', 'TERM', 'HUP'])('a caller that SIG%s ends while it reads ends its call', async (signal) => {
  const script = `mkfifo never; read_all 0<> never & sleep 0.5; kill -${signal} $!; echo killed`;
  expect(await sh(script)).toMatchObject({ out: 'killed\n' });
  await expect.poll(() => endings).toEqual(['the caller has ended']);
  expect(await sh('printf ab | read_all')).toMatchObject({ out: '2\n' });
});

test('a caller that is killed ends its stream', async () => {
  const script = 'mkfifo never said; hold 0<> never > said & read -r line < said; kill -9 $!; echo "$line"';
  expect(await sh(script)).toMatchObject({ out: 'connected\n' });
  await expect.poll(() => endings).toEqual(['the caller has ended']);
});

test('a seat has eight streams at once, and a ninth is refused', async () => {
  const script = `mkfifo never
for n in 1 2 3 4 5 6 7 8; do
  mkfifo "said$n"
  hold 0<> never > "said$n" & callers="$callers $!"
  read -r line < "said$n"
done
hold 0<> never; echo "$?"
kill -9 $callers`;
  expect(await sh(script)).toMatchObject({
    out: '1\n',
    err: 'hold: refused: 8 streams of this seat are open already\n',
  });
  await expect.poll(() => endings.length).toBe(9);
  expect(await sh('printf abc | count')).toMatchObject({ out: '3\n' });
});
