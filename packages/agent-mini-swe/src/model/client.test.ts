import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { maxAnswerBytes } from '@cooperbench/core';
import { endlessServer, fakeSeat, hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { createMiniSweAgent } from '../agent.ts';

// Compressed, little data becomes much: then, what the server has sent says nothing.
test.for([
  ['gpt-4o', false],
  ['claude-sonnet-4-5', true],
] as const)('an endless answer to %s is read up to 64 MiB (compressed: %s)', async ([model, gzip]) => {
  await using server = await endlessServer({ gzip });
  await using workspace = await hostSandbox();
  const configFile = join(workspace.patchesDir, 'agent.yaml');
  await writeFile(configFile, 'retries: { attempts: 1 }');
  const { context } = fakeSeat(workspace, { model, baseUrl: server.url, configFile });
  const agent = createMiniSweAgent({ env: { COOPERBENCH_API_KEY: 'k' } });
  await expect(agent.run('Do it.', context)).rejects.toMatchObject({
    code: 'AGENT_MODEL_UNAVAILABLE',
    message: expect.stringContaining('the answer is longer than 64 MiB'),
  });
  if (!gzip) expect(server.sentBytes).toBeLessThan(maxAnswerBytes + (16 << 20));
});
