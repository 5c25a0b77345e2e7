import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { AgentEvent, ModelUsage, SeatLimits } from '@cooperbench/core';
import type { ScriptedReply } from '@cooperbench/testing/frameworks';
import { type ScriptedProvider, scriptedProvider } from '@cooperbench/testing/frameworks';
import type { HostLimits } from '../limits.ts';
import { LimitGuard } from '../limits.ts';
import { planModel } from '../providers/plan.ts';
import type { Price } from '../providers/price.ts';
import type { Json } from './formats.ts';
import type { Gateway } from './gateway.ts';
import { openGateway } from './open-gateway.ts';

export const key = 'real-key-of-the-provider';

export interface Subject extends AsyncDisposable {
  readonly url: string;
  readonly gateway: Gateway;
  readonly guard: LimitGuard;
  readonly provider: ScriptedProvider;
  readonly events: AgentEvent[];
  usages(): ModelUsage[];
  steps(): number;
  /** Returns everything that was recorded. */
  recorded(): string;
}

interface GatewayOverrides {
  readonly model?: string;
  readonly limits?: SeatLimits;
  readonly logRequests?: boolean;
  readonly baseUrl?: string;
  readonly hostLimits?: Partial<HostLimits>;
  readonly price?: Price;
}

/** Returns a gateway between a scripted provider and connections over loopback. */
export async function subject(
  script: Parameters<typeof scriptedProvider>[0],
  given: GatewayOverrides = {},
): Promise<Subject> {
  const provider = await scriptedProvider(script);
  const events: AgentEvent[] = [];
  const { model = 'gpt-4o', limits = {}, logRequests, baseUrl = provider.url, hostLimits } = given;
  const modelPlan = await planModel({ model, baseUrl }, undefined, { COOPERBENCH_API_KEY: key });
  const plan = { ...modelPlan, price: given.price ?? modelPlan.price };
  const record = (event: AgentEvent): void => void events.push(event);
  const guard = new LimitGuard(hostLimits);
  const gateway = openGateway({ plan, limits, record, logRequests, guard });
  const server = createServer((socket: Socket) => gateway.accept(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    gateway,
    guard,
    provider,
    events,
    usages: () => events.flatMap((event) => (event.type === 'usage' ? [event.usage] : [])),
    steps: () => events.filter(({ type }) => type === 'step').length,
    recorded: () => JSON.stringify(events),
    [Symbol.asyncDispose]: async () => {
      server.close();
      await gateway[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

export const chat: Json = { messages: [{ role: 'user', content: 'hello' }] };

export function post(
  { url, gateway }: Subject,
  path: string,
  body: Json = chat,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });
}

export const chatPath = '/v1/chat/completions';
export const reply: ScriptedReply = {
  text: 'Looking.',
  toolCalls: [{ name: 'bash', arguments: { command: 'ls' } }],
  usage: { input: 1000, output: 50, cacheRead: 400 },
};
