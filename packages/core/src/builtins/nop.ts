import type { Agent } from '../contracts/agent.ts';

/** Hands in nothing: what the hidden tests say of the base. */
export const nop: Agent = {
  run: async () => ({ status: 'Completed' }),
};
