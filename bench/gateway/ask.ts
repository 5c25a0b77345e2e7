import { createServer, type Socket } from 'node:net';
import { openGateway } from '../../packages/agent-kit/dist/index.js';
import { planModel } from '../../packages/agent-kit/dist/providers/index.js';
import { scriptedProvider } from '../../packages/testing/dist/frameworks/index.js';
import { reply } from '../child.ts';
import { computeMedian } from '../median.ts';

/** Measures what the gateway adds to requests over loopback. The floors are the same requests without it. */
const repetitions = 40;

/** A conversation of 100 KB, as a framework sends it after some steps. */
const messages = Array.from({ length: 100 }, (_, n) => ({
  role: n % 2 === 0 ? 'user' : 'assistant',
  content: [{ type: 'text', text: `${n} `.repeat(250) }],
}));
/** The scripted provider sends a reasoning in one event, so many events are many tool calls. */
const calls = Array.from({ length: 500 }, (_, n) => ({ name: 'bash', arguments: { command: `true ${n}` } }));

await using provider = await scriptedProvider(({ body }) =>
  body.stream ? { text: 'Looking.', toolCalls: calls } : { text: 'Done.' },
);
const plan = await planModel({ model: 'claude-sonnet-4-5', baseUrl: provider.url }, undefined, {
  COOPERBENCH_API_KEY: 'key-of-the-provider',
});
await using gateway = openGateway({ plan, limits: { maxCostUsd: 1e9 }, record: () => {} });
const server = createServer((socket: Socket) => gateway.accept(socket.setNoDelay().on('error', () => {})));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as { port: number };

reply([await measureAddedTime(false), await measureAddedTime(true)]);
server.close();

async function measureAddedTime(stream: boolean): Promise<{ value: number; floor: number }> {
  const direct: number[] = [];
  const through: number[] = [];
  for (let round = -5; round < repetitions; round += 1) {
    const [floor, value] = [await ask(provider.url, stream), await ask(`http://127.0.0.1:${port}`, stream)];
    if (round < 0) continue;
    direct.push(floor);
    through.push(value);
  }
  const floor = computeMedian(direct);
  return { value: computeMedian(through) - floor, floor };
}

async function ask(url: string, stream: boolean): Promise<number> {
  const started = performance.now();
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': gateway.token, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'any', max_tokens: 1000, messages, stream }),
  });
  if (!response.ok) throw new Error(`the answer has the status ${response.status}`);
  await response.text();
  return performance.now() - started;
}
