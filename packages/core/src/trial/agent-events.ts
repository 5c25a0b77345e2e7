import type { AgentEvent, SeatLimits } from '../contracts/agent.ts';
import { AgentError } from '../contracts/errors.ts';
import { unknownEvent } from './agent-result.ts';
import { answerText } from './answer-text.ts';
import type { SeatRecord } from './seat-record.ts';
import type { SeatAssignment, TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';

/** Takes the events that the agent of a seat records. */
export interface AgentEvents {
  readonly take: (event: AgentEvent) => void;
  /** Aborts when the agent continues after it has reached a limit. */
  readonly overrun: AbortSignal;
}

/** Adds the events of a seat's agent to its record, passes them on, and enforces the seat's limits. */
export function agentEvents(
  { plan, agentName, access, limits, costMustBeKnown }: SeatAssignment,
  record: SeatRecord,
  run: TrialRun,
  events: TrialEvents,
): AgentEvents {
  const overrun = new AbortController();
  const stopAt = (limit: string): void => {
    if (overrun.signal.aborted) return;
    events.log(plan, `the agent continued after ${limit}; CooperBench stops it`);
    overrun.abort(new Error(`the seat has reached ${limit}`));
  };
  const onUnknownCost = (): void => {
    const what = `${agentName} does not know what an answer of ${access.model} costs, because the server states no token usage`;
    if (costMustBeKnown) run.stop(costUnknown(what));
    else events.notice(`${what}. Its cost is not counted, and the cost limit does not hold.`, 'warning');
  };
  const pass = (event: AgentEvent): void => {
    if (event.type === 'step') {
      const message = record.messageSince(event.began);
      events.emit({ type: 'step', seat: plan.id, steps: record.steps, message, ...record.costFields });
    } else if (event.type === 'message' && event.message.role === 'assistant') {
      const text = answerText(event.message);
      events.emit({ type: 'answer', seat: plan.id, message: record.messages.length - 1, text });
    } else if (event.type === 'log') events.log(plan, event.text);
    else if (event.type === 'notice') events.notice(event.text);
    // Without a cost limit, the user already knows that the price is not known.
    else if (event.type === 'usage' && event.usage.costUsd === undefined && limits.maxCostUsd !== undefined)
      onUnknownCost();
  };
  const take = (event: AgentEvent): void => {
    const unknown = unknownEvent(event);
    if (unknown) {
      events.notice(`${events.trial}: agent ${agentName}: ${unknown}`, 'warning');
      return;
    }
    const isLimited = event.type === 'step' || event.type === 'usage';
    const reached = isLimited ? reachedLimit(record, limits) : undefined;
    record.add(event);
    pass(event);
    if (reached) stopAt(reached);
  };
  return { take, overrun: overrun.signal };
}

function costUnknown(what: string): AgentError {
  return new AgentError('COST_UNKNOWN', `CooperBench cannot enforce the cost limit: ${what}.`, {
    scope: 'run',
    hint: 'Use a server that states the usage of every answer, or remove --max-cost and --budget.',
  });
}

/** Describes the limit that a seat has reached. Undefined: none. */
function reachedLimit({ steps, cost }: SeatRecord, { maxSteps, maxCostUsd }: SeatLimits): string | undefined {
  if (maxSteps !== undefined && steps >= maxSteps) return `its limit of ${maxSteps} steps`;
  if (maxCostUsd !== undefined && cost >= maxCostUsd) return `its limit of $${maxCostUsd}`;
  return undefined;
}
