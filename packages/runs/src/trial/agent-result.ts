import { isUint8Array } from 'node:util/types';
import { AgentError, type AgentEvent, type AgentResult } from '@cooperbench/core';

const statuses: readonly unknown[] = ['Completed', 'LimitsExceeded'] satisfies AgentResult['status'][];

/** Checks and returns an agent's result. @throws AgentError `AGENT_RESULT` that names the wrong value. */
export function checkAgentResult(result: unknown): AgentResult {
  if (typeof result !== 'object' || result === null)
    throw createInvalidError(`its result is ${String(result)}, and must be an object with "status"`);
  const { status, patch } = result as Partial<Record<keyof AgentResult, unknown>>;
  if (!statuses.includes(status))
    throw createInvalidError(
      `the status of its result is ${describeFound(status)}, and must be ${statuses.map(describeFound).join(' or ')}`,
    );
  if (patch !== undefined && !isUint8Array(patch))
    throw createInvalidError(
      `the patch of its result is ${describeFound(patch)}, and must be a Uint8Array or absent`,
    );
  return result as AgentResult;
}

/** All types of `AgentEvent`. */
const eventTypes: Readonly<Record<AgentEvent['type'], true>> = {
  step: true,
  usage: true,
  message: true,
  raw: true,
  log: true,
  notice: true,
};

/** Says why core drops an event of an unknown type. Returns undefined if core knows its type. */
export function findUnknownEvent(event: AgentEvent): string | undefined {
  if (Object.hasOwn(eventTypes, event.type)) return undefined;
  return `dropped an event of the unknown type ${describeFound(event.type)}. Known types: ${Object.keys(eventTypes).join(', ')}.`;
}

function describeFound(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 80);
}

function createInvalidError(reason: string): AgentError {
  return new AgentError('AGENT_RESULT', `The agent breaks its contract: ${reason}.`);
}
