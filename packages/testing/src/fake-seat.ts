import type {
  AgentContext,
  AgentEvent,
  Inbox,
  ModelUsage,
  Note,
  TrajectoryMessage,
  Workspace,
} from '@cooperbench/core';

export interface FakeSeat {
  readonly context: AgentContext;
  /** Everything that its agent has recorded, in order. */
  readonly events: readonly AgentEvent[];
  messages(): TrajectoryMessage[];
  usages(): ModelUsage[];
  texts(type: 'log' | 'notice'): string[];
  steps(): number;
}

/**
 * Returns a seat for tests of agents: `solo`, limited to 30 steps, unless `given` says otherwise. Keeps what its agent
 * records.
 */
export function fakeSeat(workspace: Workspace, overrides: Partial<AgentContext> = {}): FakeSeat {
  const events: AgentEvent[] = [];
  return {
    context: {
      seat: 'solo',
      trial: 'solo/some_task/7/f1_f2',
      peers: [],
      channels: [],
      model: 'fake',
      features: [1],
      workspace,
      limits: { maxSteps: 30 },
      ready: async () => {},
      signal: new AbortController().signal,
      record: (event) => events.push(event),
      ...overrides,
    },
    events,
    messages: () => events.flatMap((event) => (event.type === 'message' ? [event.message] : [])),
    usages: () => events.flatMap((event) => (event.type === 'usage' ? [event.usage] : [])),
    texts: (type) => events.flatMap((event) => (event.type === type ? [event.text] : [])),
    steps: () => events.filter((event) => event.type === 'step').length,
  };
}

/** Returns an inbox with these batches of notes, one for each `take`. `returned` has the notes that were given back. */
export function fakeInbox(...batches: readonly string[][]): Inbox & { readonly returned: readonly Note[] } {
  const noteBatches = batches.map((texts) => texts.map((text) => ({ text })));
  const returned: Note[] = [];
  return {
    returned,
    take: async () => noteBatches.shift() ?? [],
    giveBack: (notes) => void returned.push(...notes),
  };
}
