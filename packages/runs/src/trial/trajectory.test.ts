import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Trajectory } from './trajectory.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooperbench-trajectory-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

test('usage that is known later belongs to the first message of its answer', async () => {
  vi.useFakeTimers({ now: 2_000 });
  const trajectory = new Trajectory(join(folder, 'scratch'));
  // Longer than what is kept in memory, with characters of several bytes.
  const long = 'ü'.repeat(70_000);
  trajectory.add({ role: 'user', content: long, timestamp: 0.5 });
  trajectory.add({ role: 'assistant', content: 'é', timestamp: 1 });
  trajectory.add({ role: 'assistant', content: 'two', timestamp: 1.1 });
  const used = { costUsd: 0.5, inputTokens: 100, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0 };
  trajectory.addUsage({ type: 'usage', usage: used, began: 0.9, id: 'r1' });
  trajectory.add({ role: 'assistant', content: 'later', timestamp: 3, response_id: 'r2' });
  const { costUsd: _, ...unpriced } = used;
  trajectory.addUsage({ type: 'usage', usage: unpriced, id: 'r2' });
  await trajectory.writeTo(join(folder, 'file'), { seat: 'agent1' });
  const tokens = { input_tokens: 100, output_tokens: 10 };
  expect(JSON.parse(readFileSync(join(folder, 'file'), 'utf8'))).toEqual({
    seat: 'agent1',
    messages: [
      { role: 'user', content: long, timestamp: 0.5 },
      { role: 'assistant', content: 'é', timestamp: 1, cost: 0.5, ...tokens },
      { role: 'assistant', content: 'two', timestamp: 1.1 },
      { role: 'assistant', content: 'later', timestamp: 3, response_id: 'r2', ...tokens },
    ],
  });
});
