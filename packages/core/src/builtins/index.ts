import { gitChannel } from '../collaboration/git/git-channel.ts';
import { messagesChannel } from '../collaboration/messages/messages-channel.ts';
import type { Agent } from '../contracts/agent.ts';
import type { Plugin } from '../contracts/plugin.ts';
import { coreVersion } from '../plugins/core-version.ts';
import { objectSchema } from '../plugins/options.ts';
import { coreName } from '../plugins/registry.ts';
import { createMemoryBus } from './memory-bus.ts';
import { oracle } from './oracle.ts';
import { coop, solo } from './settings.ts';

/** Changes nothing, so that the hidden tests run on the base commit. */
const nop: Agent = { run: async () => ({ status: 'Completed' }) };

/** No built-in takes an option. */
const options = objectSchema({});

/** Core's own plugin. */
export const builtins: Plugin = {
  name: coreName,
  version: coreVersion,
  apiVersion: 1,
  agents: {
    nop: { options, create: () => nop, untrusted: () => false, usesModel: false },
    oracle: { options, create: () => oracle, untrusted: () => false, usesModel: false, readsDataset: true },
  },
  settings: { solo: { options, create: () => solo }, coop: { options, create: () => coop } },
  channels: {
    messages: { options, create: () => messagesChannel, usesBus: true, carriesMessages: true },
    git: { options, create: () => gitChannel, sharesCommits: true },
  },
  buses: { memory: { options, create: createMemoryBus } },
};
