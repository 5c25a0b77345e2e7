import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FakeSeat, fakeSeat, hostSandbox } from '@cooperbench/testing';
import { type AgentPorts, createMiniSweAgent } from '../agent.ts';
import { submitCommand } from '../shell/submission.ts';
import { type Answer, modelServer, type SeenRequest } from './model-server.test.support.ts';
import type { Wire } from './wires.test.support.ts';

/** Returns the answer that hands the work in. */
export const submission = (wire: Wire): Answer => ({ body: wire.call('bash', { command: submitCommand }) });

export interface Outcome {
  readonly seat: FakeSeat;
  readonly requests: readonly SeenRequest[];
  readonly waits: number[];
  readonly error: unknown;
}

/** Runs the agent with a provider's real client against its own server. It records waits instead of waiting. */
export async function runAgainst(
  model: string,
  answers: readonly Answer[],
  options: {
    config?: string;
    env?: Record<string, string>;
    sleep?: AgentPorts['sleep'];
    signal?: AbortSignal;
    seed?: number;
  } = {},
): Promise<Outcome> {
  await using server = await modelServer(answers);
  await using workspace = await hostSandbox();
  const configFile = options.config === undefined ? undefined : join(workspace.patchesDir, 'agent.yaml');
  if (configFile !== undefined) await writeFile(configFile, options.config ?? '');
  const waitsMs: number[] = [];
  const agent = createMiniSweAgent({
    env: { COOPERBENCH_API_KEY: 'k', ...options.env },
    random: () => 1,
    sleep: options.sleep ?? (async (ms) => void waitsMs.push(ms)),
  });
  const ran = fakeSeat(workspace, {
    model,
    baseUrl: server.url,
    configFile,
    seed: options.seed,
    ...(options.signal && { signal: options.signal }),
  });
  const error = await agent.run('Do it.', ran.context).then(
    () => undefined,
    (thrown) => thrown,
  );
  return { seat: ran, requests: server.requests, waits: waitsMs, error };
}
