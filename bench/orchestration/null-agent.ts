import type { Agent } from '../../packages/core/dist/index.js';

export const stepsOfSeat = 5;

/** Takes its steps and reads what its peer sent. */
export const nullAgent: Agent = {
  async run(_task, { inbox, record }) {
    for (let step = 1; step <= stepsOfSeat; step += 1) {
      record({
        type: 'usage',
        usage: {
          costUsd: 0.01,
          inputTokens: 1000,
          outputTokens: 100,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
        },
      });
      record({
        type: 'message',
        message: { role: 'assistant', content: `This is step ${step}.`, timestamp: Date.now() / 1000 },
      });
      record({ type: 'step' });
      // Where a real agent waits for its model, so that other seats get their turn.
      await new Promise(setImmediate);
    }
    await inbox?.take();
    return { status: 'Completed' };
  },
};
