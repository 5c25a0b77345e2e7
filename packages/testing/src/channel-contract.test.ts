import type { Channel, Inbox, Note, OpenChannel } from '@cooperbench/core';
import { gitChannel, messagesChannel } from '@cooperbench/core/host';
import { describe, expect, test } from 'vitest';
import { type ChannelSubject, channelContract } from './channel-contract.ts';

const subjects: Readonly<Record<string, ChannelSubject>> = {
  messages: {
    channel: messagesChannel,
    scripts: ['send_message agent2 hello', 'echo hello | send_message all'],
  },
  git: {
    channel: gitChannel,
    scripts: ['git commit -q --allow-empty -m one', 'git push -q team HEAD:agent1', 'git fetch -q team'],
  },
};

describe.for(Object.entries(subjects))('the channel %s', ([, subject]) => {
  test.concurrent.for(channelContract)('$name', ({ check }) => check(subject));
});

const right: OpenChannel = {
  instructions: () => 'Run it.',
  run: async () => ({ stdout: 'done\n' }),
  metrics: () => ({ runs: 1 }),
  async [Symbol.asyncDispose]() {},
};

/** Returns a channel that keeps the contract but for what is given. */
function faulty(trial: Partial<OpenChannel>, channel: Partial<Channel> = {}): ChannelSubject {
  return {
    channel: {
      commands: [{ name: 'run_it', usage: 'run_it [TEXT]' }],
      metrics: { runs: {} },
      open: async () => ({ ...right, ...trial }),
      ...channel,
    },
    scripts: ['run_it now'],
  };
}

function disposedOnce(): Partial<OpenChannel> {
  let isDisposed = false;
  return {
    async [Symbol.asyncDispose]() {
      if (isDisposed) throw new Error('it is disposed');
      isDisposed = true;
    },
  };
}

function sharedCount(): ChannelSubject {
  let runs = 0;
  const run = async (): Promise<object> => {
    runs += 1;
    return {};
  };
  return faulty({ run, metrics: () => ({ runs }) });
}

/** Each call leaves a note for the other seat. `giveBack` gets the notes that wait, and those that come back. */
function withInbox(giveBack: (waiting: Note[], notes: readonly Note[]) => void): ChannelSubject {
  const open = async (): Promise<OpenChannel> => {
    const waiting: Note[] = [];
    const inbox = (): Inbox => ({
      take: async () => waiting.splice(0),
      giveBack: (notes) => giveBack(waiting, notes),
    });
    const run = async (): Promise<object> => {
      waiting.push({ text: 'one' });
      return {};
    };
    return {
      ...right,
      run,
      inbox: (seat) => (seat === 'agent2' ? inbox() : { take: async () => [], giveBack() {} }),
    };
  };
  return faulty({}, { open });
}

/** Each breaks one promise. */
const faults: Readonly<Record<string, ChannelSubject>> = {
  'gives no instructions': faulty({ instructions: () => '' }),
  'breaks when it is disposed twice': faulty(disposedOnce()),
  'has a command that is not a name': faulty({}, { commands: [{ name: 'Run it', usage: 'Run it' }] }),
  'has a usage that does not name the command': faulty({}, { commands: [{ name: 'run_it', usage: 'TEXT' }] }),
  'answers too much': faulty({ run: async () => ({ stdout: 'x'.repeat(256 * 1024 + 1) }) }),
  'exits with a value that is not an exit code': faulty({ run: async () => ({ exitCode: -1 }) }),
  'fails with a value that is not an error': faulty({ run: () => Promise.reject('no') }),
  'fails at a call that is right': faulty({ run: async () => ({ exitCode: 1 }) }),
  'breaks when an unknown seat leaves': faulty({
    leave: async (seat) => {
      if (seat === 'nobody') throw new Error('unknown');
    },
  }),
  'gives a metric that it has not declared': faulty({ metrics: () => ({ others: 1 }) }),
  'gives a metric that is not JSON': faulty({ metrics: () => ({ runs: 1n as never }) }),
  'cannot be joined': faulty({ join: () => Promise.reject(new Error('no')) }),
  'mixes trials up': sharedCount(),
  'loses notes that are given back': withInbox(() => {}),
  'gives notes twice': withInbox((waiting, notes) => waiting.push(...notes, ...notes)),
};

describe('the channel contract', () => {
  test.concurrent('passes a channel that keeps it', async () => {
    expect(await isCaught(faulty({}))).toBe(false);
    expect(await isCaught(withInbox((waiting, notes) => waiting.unshift(...notes)))).toBe(false);
  });

  test.concurrent.for(Object.entries(faults))('catches a channel that %s', async ([, subject]) => {
    expect(await isCaught(subject)).toBe(true);
  });
});

async function isCaught(subject: ChannelSubject): Promise<boolean> {
  try {
    for (const { check } of channelContract) await check(subject);
    return false;
  } catch {
    return true;
  }
}
