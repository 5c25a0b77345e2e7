import type { AgentContext, AgentEvent, ModelUsage, TrajectoryMessage } from '../contracts/agent.ts';
import type { Mailbox, Message } from '../contracts/bus.ts';
import type { Workspace } from '../contracts/workspace.ts';

export interface FakeSeat {
  readonly context: AgentContext;
  /** Everything its agent has recorded, in order. */
  readonly events: readonly AgentEvent[];
  messages(): TrajectoryMessage[];
  usages(): ModelUsage[];
  texts(type: 'log' | 'notice'): string[];
  steps(): number;
}

/**
 * A seat for tests of agents: `solo`, with 30 steps and 25 seconds, unless `given` says otherwise. It keeps what its
 * agent records.
 */
export function fakeSeat(workspace: Workspace, given: Partial<AgentContext> = {}): FakeSeat {
  const events: AgentEvent[] = [];
  return {
    context: {
      seat: 'solo',
      peers: [],
      model: 'fake',
      features: [1],
      taskDir: '/data/some_task/task7',
      workspace,
      limits: { maxSteps: 30 },
      signal: AbortSignal.timeout(25_000),
      record: (event) => events.push(event),
      ...given,
    },
    events,
    messages: () => events.flatMap((event) => (event.type === 'message' ? [event.message] : [])),
    usages: () => events.flatMap((event) => (event.type === 'usage' ? [event.usage] : [])),
    texts: (type) => events.flatMap((event) => (event.type === type ? [event.text] : [])),
    steps: () => events.filter((event) => event.type === 'step').length,
  };
}

export interface FakeMailbox extends Mailbox {
  /** What was sent through it, in order. */
  readonly sent: readonly { readonly to: string; readonly text: string }[];
}

/**
 * The mailbox of agent1, which holds these batches of texts from agent2: one a `drain` or `receive`. All it sends is
 * accepted.
 */
export function fakeMailbox(...batches: string[][]): FakeMailbox {
  const sent: { to: string; text: string }[] = [];
  const message = (text: string): Message => ({ id: text, from: 'agent2', to: 'agent1', text, sentAt: 0 });
  const next = async (): Promise<Message[]> => (batches.shift() ?? []).map(message);
  return {
    sent,
    async send(to, text) {
      sent.push({ to, text });
      return [{ id: String(sent.length), to: to === 'all' ? 'agent2' : to, accepted: true }];
    },
    drain: next,
    receive: next,
    async [Symbol.asyncDispose]() {},
  };
}
