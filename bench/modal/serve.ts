import { setTimeout as sleep } from 'node:timers/promises';
import { FakeModal } from '../../test-support/modal/fake-modal.ts';
import { Refusal, type Tag } from '../../test-support/modal/sandbox.ts';
import { createRandom } from '../random.ts';
import { latencies, limits } from './latencies.ts';
import { createScriptedMachine } from './scripted-machine.ts';

/** The time that a sandbox of the simulation took, in ms. */
export interface Took {
  readonly trial: string;
  readonly seat: string;
  readonly coldMs: number;
  execs: number;
}

/** A fake Modal that answers from a script. Prints its environment, then a line for each line that it reads. */
const next = createRandom(latencies.seed);
const took: Took[] = [];
/** By the tags of the request. */
const cold = new WeakMap<object, number>();
const fake = await FakeModal.start('plain', { tls: true });
// Every image is in the registry. A build takes a time of its own.
fake.registry.get = () => () => sleep(latencies.buildMs);
const starts: number[] = [];
let creating = 0;

/** Counts a creation, or refuses it as Modal does. */
function admit(): void {
  const now = performance.now();
  const fifth = starts.at(-limits.creationsPerSecond);
  if (fifth !== undefined && now - fifth < 1000)
    throw new Refusal(8, 'Too many sandboxes a second in this simulation.', (1000 - (now - fifth)) / 1000);
  if (fake.running().length + creating >= limits.containers)
    throw new Refusal(8, 'The simulated workspace has no room for another container.');
  starts.push(now);
}
fake.script = {
  async before(method, request) {
    if (next() < latencies.faultRate) throw new Refusal(14, 'a transient fault of the simulation');
    if (method === 'TaskExecStart') await sleep(latencies.execMs);
    if (method !== 'SandboxCreateV2') return;
    admit();
    creating += 1;
    const [minMs, maxMs] = latencies.coldMs;
    const coldMs = minMs + (maxMs - minMs) * next();
    cold.set((request as { tags: object }).tags, coldMs);
    await sleep(coldMs);
    creating -= 1;
  },
  machine(tags) {
    const getTag = (name: string): string =>
      tags.find(({ tagName }: Tag) => tagName === name)?.tagValue ?? '';
    const tookTimes: Took = {
      trial: getTag('trial'),
      seat: getTag('seat'),
      coldMs: cold.get(tags) ?? 0,
      execs: 0,
    };
    took.push(tookTimes);
    return createScriptedMachine(() => {
      tookTimes.execs += 1;
    });
  },
};
process.stdout.write(`${JSON.stringify(fake.environment)}\n`);
process.stdin.once('data', () => {
  process.stdout.write(`${JSON.stringify({ took, running: fake.running().length })}\n`);
});
process.stdin.on('end', () => fake[Symbol.asyncDispose]());
