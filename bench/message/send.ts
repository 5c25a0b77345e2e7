import { createMemoryBus } from '../../packages/core/dist/builtins/memory-bus.js';
import { messagesChannel } from '../../packages/core/dist/collaboration/messages/messages-channel.js';
import { Relay } from '../../packages/core/dist/collaboration/relay.js';
import { type Mailbox, mustRun, type Sandbox } from '../../packages/core/dist/index.js';
import { reply } from '../child.ts';
import { buildDockerBackend, sampleSpec } from '../docker/daemon.ts';
import { buildLocalBackend } from '../local-sandboxes.ts';
import { computeMedian } from '../median.ts';

/** Measures how long a message takes on the named backend. Its floor is the time to start one program in each sandbox. */
const repetitions = 15;

await using backend = process.argv[2] === 'docker' ? buildDockerBackend() : buildLocalBackend();
const bus = createMemoryBus();
let waiter = Promise.withResolvers<void>();

await using channel = await messagesChannel.open({
  id: 'bench',
  seats: ['agent1', 'agent2'].map((id) => ({ id, features: [1], fileStem: id })),
  directory: '',
  mailbox: async (seat) => createNoticingMailbox(await bus.open('bench', seat)),
  channels: { commands: () => [], run: () => Promise.reject(new Error()), inbox: async () => undefined },
  emit: () => {},
});
await using sender = await openSeat('agent1');
await using reader = await openSeat('agent2');
const timesMs: number[] = [];
const floors: number[] = [];
for (let round = -2; round < repetitions; round += 1) {
  const [time, floor] = [await send(`message ${round}`), await measureIdle()];
  if (round < 0) continue;
  timesMs.push(time);
  floors.push(floor);
}
reply({ value: computeMedian(timesMs), floor: computeMedian(floors) });

async function send(text: string): Promise<number> {
  waiter = Promise.withResolvers<void>();
  const pendingRead = mustRun(reader.sandbox, ['read_messages', '--wait', '30']);
  await waiter.promise;
  const started = performance.now();
  const pendingSend = mustRun(sender.sandbox, ['send_message', 'agent2', text]);
  const receivedText = (await pendingRead).toString();
  const time = performance.now() - started;
  if (receivedText !== `[Message from agent1]: ${text}\n`)
    throw new Error(`the reader got "${receivedText}"`);
  await pendingSend;
  return time;
}

async function measureIdle(): Promise<number> {
  const started = performance.now();
  await mustRun(sender.sandbox, ['true']);
  await mustRun(reader.sandbox, ['true']);
  return performance.now() - started;
}

async function openSeat(seat: string): Promise<AsyncDisposable & { readonly sandbox: Sandbox }> {
  const sandbox = await backend.create(sampleSpec(seat));
  const relay = await Relay.start({
    seat,
    workspace: sandbox,
    commands: messagesChannel.commands,
    run: (call) => channel.run(call),
    onLost: (reason) => {
      throw new Error(reason);
    },
    onLimit: (error) => {
      throw error;
    },
  });
  return {
    sandbox,
    async [Symbol.asyncDispose]() {
      await relay[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

/** Tells when somebody begins to wait for a message. */
function createNoticingMailbox(mailbox: Mailbox): Mailbox {
  return {
    send: (to, text) => mailbox.send(to, text),
    drain: () => mailbox.drain(),
    receive(options) {
      waiter.resolve();
      return mailbox.receive(options);
    },
    giveBack: (messages) => mailbox.giveBack(messages),
    [Symbol.asyncDispose]: () => mailbox[Symbol.asyncDispose](),
  };
}
