import type { Agent } from '../contracts/agent.ts';

/** Changes nothing, so that the hidden tests run on the base commit. */
export const nop: Agent = {
  run: async () => ({ status: 'Completed' }),
};
