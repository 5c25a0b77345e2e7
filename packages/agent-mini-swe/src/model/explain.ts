import { APICallError, InvalidArgumentError, UnsupportedFunctionalityError } from '@ai-sdk/provider';
import {
  createRefusal,
  findMessageIn,
  interpretRefusal,
  type Meaning,
  type ModelPlan,
  type RefusalReason,
  retryAfterMs,
} from '@cooperbench/agent-kit/providers';
import { type AgentError, getMessage } from '@cooperbench/core';
import { ModelFailure } from './failure.ts';

type FailureKind = ModelFailure['kind'] | RefusalReason;

/**
 * Turns what a provider's client threw into a ModelFailure, or into an AgentError when the agent can do nothing about it. The
 * text does not contain the key.
 */
export function explain(error: unknown, plan: ModelPlan): ModelFailure | AgentError {
  const { model, endpoint } = plan;
  const { kind, text } = classify(error, plan);
  const message = (endpoint.key ? text.replaceAll(endpoint.key, '***') : text).slice(0, 500);
  switch (kind) {
    case 'transient':
    case 'context':
      return new ModelFailure(kind, message, {
        status: (error as Partial<APICallError>).statusCode,
        retryAfterMs: retryAfterMs(
          (error as Partial<APICallError>).responseHeaders,
          (error as Partial<APICallError>).responseBody,
        ),
      });
    case 'refused':
      return new ModelFailure(kind, `${model.provider} refused a request to ${model.id}: ${message}`);
    default:
      return createRefusal(kind, plan, message);
  }
}

function classify(error: unknown, { model, endpoint }: ModelPlan): { kind: FailureKind; text: string } {
  if (InvalidArgumentError.isInstance(error) || UnsupportedFunctionalityError.isInstance(error))
    return { kind: 'model', text: error.message };
  if (!APICallError.isInstance(error)) {
    const kind = model.row.protocol === 'vertex' ? buildTokenFailure(error) : 'transient';
    return { kind, text: getMessage(error) };
  }
  const { statusCode, responseBody } = error;
  const page = isWebPage(error)
    ? `${removeSecrets(endpoint.baseUrl ?? error.url)} answered with a web page (HTML)`
    : undefined;
  // An answer whose body cannot be read: the SDK says only that it failed.
  const unread = statusCode !== undefined && responseBody === undefined ? error.cause : undefined;
  const message = page ?? findMessageIn(responseBody) ?? getMessage(unread ?? error);
  const text = statusCode === undefined ? message : `${message} (HTTP ${statusCode})`;
  return { kind: getKind(error, message, model), text };
}

const kinds: Readonly<Record<Meaning, FailureKind>> = {
  key: 'credentials',
  credit: 'account',
  model: 'model',
  rate: 'transient',
  overloaded: 'transient',
  context: 'context',
  content: 'refused',
};

function getKind(error: APICallError, message: string, { provider, name }: ModelPlan['model']): FailureKind {
  const { statusCode: status = 0, responseBody = '', isRetryable } = error;
  // A web page where an answer should be: the address is that of something else.
  if (status < 300 && isWebPage(error)) return 'model';
  const meaning = status < 300 ? undefined : interpretRefusal(provider, status, responseBody);
  if (meaning !== undefined) return kinds[meaning];
  // A 2xx that is not an answer: the connection was cut, or a gateway gave up half way.
  if (isRetryable || status < 300) return 'transient';
  return message.includes(name) ? 'model' : 'refused';
}

/** Google's client throws plain errors while it gets a token. */
function buildTokenFailure(error: unknown): FailureKind {
  type GoogleError = { status?: number; response?: { status?: number }; code?: unknown };
  const { status, response, code } = error as GoogleError;
  const network = typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(code) && code !== 'ENOENT';
  return network || (status ?? response?.status ?? 0) >= 500 ? 'transient' : 'credentials';
}

function isWebPage({ responseHeaders, responseBody = '' }: APICallError): boolean {
  return (
    /^text\/html\b/i.test(responseHeaders?.['content-type'] ?? '') ||
    /^\s*<(!doctype\s+)?html\b/i.test(responseBody)
  );
}

/** Returns an address without a user, a password or a query. */
function removeSecrets(address: string): string {
  const url = URL.parse(address);
  return url === null ? 'The address' : `${url.origin}${url.pathname}`;
}
