import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workInSandbox } from '../../packages/agent-kit/dist/index.js';
import { keepHeapSmall } from '../../packages/command/dist/base/small-heap.js';
import type { Agent } from '../../packages/core/dist/index.js';
import tests from '../../packages/evaluator-tests/dist/index.js';
import { createContainer, tokens } from '../../packages/runs/dist/index.js';
import { createHostileAgent } from '../../packages/testing/dist/hostile-agent.js';
import { hostBackend, shellTask } from '../../packages/testing/dist/index.js';
import { reply } from '../child.ts';

/**
 * Runs trials of two seats at once, and evaluates them. Arguments: how many trials, for how many seconds each seat floods (0: none does), how
 * many MiB its patch has, how many requests to its model always wait for an answer, and the address of the provider.
 */
const [trials = '', seconds = '', patchMiB = '', requests = '', provider = ''] = process.argv.slice(2);
const flooding = createHostileAgent(Number(seconds), Number(patchMiB));
/** Keeps requests of 3.5 MB open at its model. */
const askAll = `
import json, sys, threading, time, urllib.request
url, token, seconds, count = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
end = time.time() + seconds
body = json.dumps({'model': 'any', 'max_tokens': 10, 'messages': [{'role': 'user', 'content': 'ab ' * 1166666}]}).encode()
def ask():
    while time.time() < end:
        request = urllib.request.Request(url + '/v1/messages', body, {'x-api-key': token, 'content-type': 'application/json'})
        urllib.request.urlopen(request).read()
threads = [threading.Thread(target=ask) for _ in range(count)]
for thread in threads: thread.start()
for thread in threads: thread.join()
`;
const hostile: Agent = {
  async run(task, context) {
    if (requests === '0') return flooding.run(task, context);
    const model = { ...context, model: 'claude-sonnet-4-5', baseUrl: provider, limits: {} };
    const env = { COOPERBENCH_API_KEY: 'key' };
    const seatRun = workInSandbox(
      model,
      async ({ start, gateway, modelUrl }) => {
        const framework = await start(['python3', '-c', askAll, modelUrl, gateway.token, seconds, requests]);
        for await (const _ of framework.lines);
        return framework.waitForEnd();
      },
      { env },
    );
    const [result] = await Promise.all([flooding.run(task, context), seatRun]);
    return result;
  },
};
const datasetDir = shellTask();
const logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-bench-'));
keepHeapSmall();
try {
  const backend = hostBackend();
  const container = createContainer([
    tests(),
    {
      name: 'bench',
      apiVersion: 1,
      agents: { hostile: { create: () => hostile } },
      backends: { host: { create: () => backend } },
    },
  ]);
  const { summary, stopped } = await container.get(tokens.runs).run({
    ...{ runName: 'bench', agent: 'hostile', modelName: 'none', backend: 'host', features: [1, 2] },
    ...{ repeat: Number(trials), concurrency: Number(trials), autoEval: true, datasetDir, logsDir },
  });
  if (stopped || summary.completed !== Number(trials))
    throw new Error(`${trials} trials were not run as they should: ${summary.completed} have a result`);
  const patches = readdirSync(logsDir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.patch'),
  );
  const largePatches = patches.filter(
    (name) => statSync(join(logsDir, name)).size >= Number(patchMiB) * 2 ** 20,
  );
  if (largePatches.length !== 2 * Number(trials))
    throw new Error(`only ${largePatches.length} seats have their patch`);
  reply({ peakMiB: process.resourceUsage().maxRSS / 1024 });
} finally {
  for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
}
