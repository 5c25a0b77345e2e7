import { isUint8Array } from 'node:util/types';
import type { AgentEvent, AgentResult } from '../contracts/agent.ts';
import { AgentError } from '../contracts/errors.ts';

const statuses: readonly unknown[] = ['Completed', 'LimitsExceeded'] satisfies AgentResult['status'][];

/** What an agent gave back, if it is what an agent may. @throws AgentError `AGENT_RESULT` that names what was found. */
export function agentResult(given: unknown): AgentResult {
  if (typeof given !== 'object' || given === null)
    throw refused(`its result is ${String(given)}, and must be an object with "status"`);
  const { status, patch, error } = given as Partial<Record<keyof AgentResult, unknown>>;
  if (!statuses.includes(status))
    throw refused(
      `the status of its result is ${found(status)}, and must be ${statuses.map(found).join(' or ')}`,
    );
  if (patch !== undefined && !isUint8Array(patch))
    throw refused(`the patch of its result is ${found(patch)}, and must be a Uint8Array or absent`);
  if (error !== undefined && typeof error !== 'string')
    throw refused(`the error of its result is ${found(error)}, and must be a text or absent`);
  return given as AgentResult;
}

/** Those of `AgentEvent`, so that another can be told from them. */
const eventTypes: Readonly<Record<AgentEvent['type'], true>> = {
  step: true,
  usage: true,
  message: true,
  log: true,
  notice: true,
};

/** Why an event cannot be kept. Undefined: it can. */
export function unknownEvent(event: AgentEvent): string | undefined {
  if (Object.hasOwn(eventTypes, event.type)) return undefined;
  return `an event of type ${found(event.type)} is dropped; there are ${Object.keys(eventTypes).join(', ')}.`;
}

function found(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 80);
}

function refused(why: string): AgentError {
  return new AgentError('AGENT_RESULT', `The agent does not keep its contract: ${why}.`);
}
