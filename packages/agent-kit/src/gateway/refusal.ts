import { type AgentError, removePassword } from '@cooperbench/core';
import type { ModelPlan } from '../providers/plan.ts';
import { createRefusal, findMessageIn, refusedBy } from '../providers/refusal.ts';
import { interpretRefusal, type Meaning } from '../providers/refusals.ts';

/** A provider's error instead of an answer. */
export interface Failure {
  readonly status: number;
  readonly message: string;
  /** It is undefined if it is about this request, and another may succeed. */
  readonly meaning: Meaning | undefined;
}

/** Returns whether an answer does not come from a model: it is an error, or a web page from a wrong address. */
export function isFailure(status: number, contentType: string): boolean {
  return status >= 400 || /^text\/html\b/i.test(contentType);
}

/**
 * Returns whether the same request may succeed later. Any other failure depends on the content of the request, or on the
 * account.
 */
export function isTemporary({ meaning }: Failure): boolean {
  return meaning === 'rate' || meaning === 'overloaded';
}

/** Describes an error answer or a web page. The message does not contain the key. */
export function createFailure(status: number, body: string, { endpoint, model }: ModelPlan): Failure {
  const isPage = status < 400 || /^\s*<(!doctype\s+)?html\b/i.test(body);
  const meaning = status < 400 ? 'model' : interpretRefusal(model.provider, status, isPage ? '' : body);
  if (isPage) {
    const address = removePassword(endpoint.baseUrl ?? 'the provider');
    return { status, message: `${address} answered with a web page (HTML)`, meaning };
  }
  const clean = endpoint.key ? body.replaceAll(endpoint.key, '***') : body;
  return { status, message: (findMessageIn(clean) ?? clean).slice(0, 500), meaning };
}

/** Finds the error if every further request would fail in the same way. Returns undefined if another request may succeed. */
export function findRefusal({ status, message, meaning }: Failure, plan: ModelPlan): AgentError | undefined {
  const refusalReason = meaning && refusedBy[meaning];
  return refusalReason && createRefusal(refusalReason, plan, `${message} (HTTP ${status})`);
}
