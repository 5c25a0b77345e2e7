import {
  type AgentEvent,
  type ModelUsage,
  type SeatBounds,
  SeatLimitError,
  type SeatLimits,
  seatBounds,
} from '@cooperbench/core';
import { createFaultMidwayError } from '@cooperbench/core/host';
import { findUnknownEvent } from './agent-result.ts';
import { answerText } from './answer-text.ts';
import type { RunningSeat, TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';

const maxNoticeCharacters = 2000;
const costHint = 'Use a server that states the usage of every answer, or remove --max-cost and --budget.';

/** Why core ends a seat whose agent continues after a limit that the user set. */
export class OverrunError extends Error {}

/**
 * Returns what takes the events of a seat's agent: it adds them to the seat's record, passes them on, and ends the seat when the
 * agent continues after a limit of the user's or passes one of the host's.
 */
export function createAgentEventHandler(
  { plan, agentName, title, access, model, limits, costMustBeKnown, record }: RunningSeat,
  run: TrialRun,
  events: TrialEvents,
  bounds: SeatBounds = seatBounds,
): (event: AgentEvent) => void {
  const takenCounts = { events: 0, notices: 0, logBytes: 0 };
  const count = (name: keyof typeof takenCounts, amount: number): void => {
    takenCounts[name] += amount;
    if (takenCounts[name] > bounds[name])
      throw new SeatLimitError(name, `${bounds[name]} ${described[name]}`);
  };
  const stopAt = (limit: string): void => {
    if (record.ended.aborted) return;
    events.log(plan, `the agent continued after ${limit}; CooperBench stops it`);
    record.end(new OverrunError(`the seat has reached ${limit}`));
  };
  const onUnknownCost = (reason: string): void => {
    const problem = `${agentName} does not know what an answer of ${access.model} costs, because ${reason}`;
    if (!costMustBeKnown) {
      events.notice(`${problem}. Its cost is not counted, and the cost limit does not hold.`, 'warning');
      return;
    }
    // Ends this seat alone: what an agent did to an answer must not end other trials.
    events.notice(`${problem}. The seat ends, because you limit the cost. ${costHint}`, 'warning');
    record.end(new SeatLimitError('knownCost', `answers whose cost is known: ${problem}`));
  };
  const book = ({ costUsd, ...tokens }: ModelUsage): void => {
    try {
      run.ledger.append({
        time: run.events.now().toISOString(),
        trial: events.trial,
        run_id: events.runId,
        seat: plan.id,
        model,
        cost: costUsd ?? null,
        input_tokens: tokens.inputTokens,
        output_tokens: tokens.outputTokens,
        cache_read_tokens: tokens.cacheReadTokens,
        cache_write_tokens: tokens.cacheWriteTokens,
      });
    } catch (error) {
      run.stop(error as Error);
    }
  };
  const pass = (event: AgentEvent, reason: string): void => {
    if (event.type === 'step') {
      const message = record.trajectory.since(event.began);
      events.emit({ type: 'step', seat: plan.id, steps: record.steps, message, ...record.costFields });
    } else if (event.type === 'message' && event.message.role === 'assistant') {
      const text = answerText(event.message);
      events.emit({ type: 'answer', seat: plan.id, message: record.trajectory.length - 1, text });
    } else if (event.type === 'log') events.log(plan, event.text);
    else if (event.type === 'notice') events.notice(event.text.slice(0, maxNoticeCharacters));
    // Without a cost limit, the user already knows that the price is not known.
    else if (event.type === 'usage' && event.usage.costUsd === undefined && limits.maxCostUsd !== undefined)
      onUnknownCost(reason);
  };
  let rawBytes = 0;
  const keepRaw = (line: string): void => {
    const isFull = rawBytes > bounds.rawBytes;
    rawBytes += Buffer.byteLength(line) + 1;
    if (rawBytes <= bounds.rawBytes) events.raw(plan, line);
    else if (!isFull)
      events.log(plan, `only the first ${bounds.rawBytes} bytes of the framework's output are kept`);
  };
  const take = (agentEvent: AgentEvent): void => {
    const unknownType = findUnknownEvent(agentEvent);
    if (unknownType) {
      count('notices', 1);
      events.notice(`${events.trial}: agent ${agentName}: ${unknownType}`, 'warning');
      return;
    }
    const { event, why } = withSoundUsage(agentEvent);
    // Before anything else: whatever happens next, the answer has been paid for.
    if (event.type === 'usage') book(event.usage);
    count('events', 1);
    if (event.type === 'log') count('logBytes', Buffer.byteLength(event.text));
    if (event.type === 'notice') count('notices', 1);
    const isLimited = event.type === 'step' || event.type === 'usage';
    const reachedName = isLimited ? findReachedLimit(record.phase, limits) : undefined;
    record.add(event);
    pass(event, why);
    if (reachedName) stopAt(reachedName);
  };
  // An agent may record an event where nobody expects an exception, such as in a callback of a server.
  return (event) => {
    try {
      if (event.type === 'raw') keepRaw(event.line);
      else take(event);
    } catch (error) {
      record.end(
        SeatLimitError.is(error)
          ? error
          : createFaultMidwayError(`${title} recorded an event that no file can hold`, error),
      );
    }
  };
}

const described = {
  events: 'events of its agent',
  notices: 'notices of its agent',
  logBytes: 'bytes of its log',
} as const;

/**
 * Replaces figures of usage that cannot be: tokens count as 0, and the cost is then not known, so that no usage lowers what was
 * spent. `why` says why the cost of an answer is not known.
 */
function withSoundUsage(event: AgentEvent): { readonly event: AgentEvent; readonly why: string } {
  const noUsage = 'the server states no token usage';
  if (event.type !== 'usage') return { event, why: noUsage };
  const { costUsd, estimated, ...tokens } = event.usage;
  const isSound = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0;
  const figures = Object.entries({ ...tokens, costUsd });
  const faults = figures.filter(([, value]) => value !== undefined && !isSound(value));
  if (faults.length === 0) return { event, why: noUsage };
  const sound = Object.entries(tokens).map(([name, value]) => [name, isSound(value) ? value : 0]);
  return {
    event: { ...event, usage: Object.fromEntries(sound) as unknown as ModelUsage },
    why: `its usage cannot be right: ${faults.map(([name, value]) => `${name} is ${value}`).join(', ')}`,
  };
}

/** Describes the limit that a seat has reached. Returns undefined if it has reached none. */
function findReachedLimit(
  { steps, cost }: RunningSeat['record']['phase'],
  { maxSteps, maxCostUsd }: SeatLimits,
): string | undefined {
  if (maxSteps !== undefined && steps >= maxSteps) return `its limit of ${maxSteps} steps`;
  if (maxCostUsd !== undefined && cost >= maxCostUsd) return `its limit of $${maxCostUsd}`;
  return undefined;
}
