import { endlessServer } from '@cooperbench/testing';
import { Agent } from 'undici';
import { expect, test } from 'vitest';
import { planModel } from '../providers/plan.ts';
import { type Format, formats } from './formats.ts';
import { Probe } from './probe.ts';
import { RateHold } from './rate-hold.ts';

test('an endless answer to a request of the gateway itself is read up to 64 MiB', async () => {
  await using server = await endlessServer();
  const plan = await planModel({ model: 'gpt-4o', baseUrl: server.url }, undefined, {
    COOPERBENCH_API_KEY: 'k',
  });
  const { signal } = new AbortController();
  const dispatcher = new Agent();
  const probe = new Probe({ plan, dispatcher, hold: new RateHold(), signal, log: () => {} });
  expect(await probe.ask(formats[0] as Format)).toMatchObject({
    message: 'the answer is longer than 64 MiB',
  });
  await dispatcher.destroy();
});
