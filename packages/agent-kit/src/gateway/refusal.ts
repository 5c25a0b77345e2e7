import type { AgentError } from '@cooperbench/core';
import { withoutPassword } from '../providers/endpoint.ts';
import type { ModelPlan } from '../providers/plan.ts';
import { messageIn, type Refused, refusal } from '../providers/refusal.ts';

/** A provider's error instead of an answer. */
export interface Failure {
  readonly status: number;
  readonly message: string;
}

/** Whether an answer does not come from a model: it is an error, or a web page from a wrong address. */
export function isFailure(status: number, contentType: string): boolean {
  return status >= 400 || /^text\/html\b/i.test(contentType);
}

/**
 * Whether a later request may succeed. Other statuses depend on the content of the request, which code in the sandbox can
 * choose.
 */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** Describes an error answer or a web page. The message does not contain the key. */
export function failureOf(status: number, body: string, { endpoint }: ModelPlan): Failure {
  if (status < 400 || /^\s*<(!doctype\s+)?html\b/i.test(body)) {
    const address = withoutPassword(endpoint.baseUrl ?? 'the provider');
    return { status, message: `${address} answered with a web page (HTML)` };
  }
  const clean = endpoint.key ? body.replaceAll(endpoint.key, '***') : body;
  return { status, message: (messageIn(clean) ?? clean).slice(0, 500) };
}

/** The error if every further request would fail in the same way. Undefined: another request may succeed. */
export function refusalOf(
  { status, message }: Failure,
  body: string,
  plan: ModelPlan,
): AgentError | undefined {
  const refused = (what: Refused): AgentError => refusal(what, plan, `${message} (HTTP ${status})`);
  if (status === 401 || status === 403 || body.includes('API_KEY_INVALID')) return refused('credentials');
  if (status === 402 || body.includes('"insufficient_quota"')) return refused('account');
  if (status === 404 || status < 400 || body.includes('"model_not_found"')) return refused('model');
  return undefined;
}
