import type { Duplex } from 'node:stream';
import type { AgentEvent, Cancellable, SeatLimits } from '@cooperbench/core';
import type { LimitGuard } from '../limits.ts';
import type { ModelPlan } from '../providers/plan.ts';
import type { ProviderFeature } from './provider-features.ts';
import type { Failure } from './refusal.ts';

export interface GatewayOptions {
  readonly plan: ModelPlan;
  readonly limits: SeatLimits;
  record(event: AgentEvent): void;
  /** The first request for an answer waits for it: until then, the framework starts. */
  ready?(): Promise<void>;
  /** Also logs the bodies of requests and answers. */
  readonly logRequests?: boolean | undefined;
  /** Replaces the status 429 of the provider, for a framework that retries after this status but not after a 429. */
  readonly rateLimitStatus?: number | undefined;
  /** What the provider may do beyond answering. Default: nothing. */
  readonly providerFeatures?: readonly ProviderFeature[] | undefined;
  /** Ends the seat when its requests or answers pass a limit. Default: one with the usual limits. */
  readonly guard?: LimitGuard | undefined;
}

/** An HTTP server for the frameworks of one seat. It knows the key, and its clients know only a token. */
export interface Gateway extends AsyncDisposable {
  /** The framework sends this token instead of a key. */
  readonly token: string;
  /** Serves a connection, such as one of `Tunnel.listen`. */
  accept(connection: Duplex): void;
  /**
   * Aborts when the provider refuses the key, the account or the model, and confirms that in one of the gateway's own requests.
   * The reason is an AgentError with scope `run`.
   */
  readonly refused: AbortSignal;
  /** Whether the model has begun to answer a request of the framework. Before that, no code of the agent has run. */
  readonly answered: boolean;
  /** The limit of the seat that stopped a request. The framework received an error. It is undefined if there was none. */
  readonly limit: string | undefined;
  /** The provider's failure of the last request. It is undefined if the model answered it. */
  readonly failure: Failure | undefined;
  /**
   * Finds out why the provider gives no answers, after a framework has given up. Returns undefined if the provider does
   * answer. Code in the sandbox can cause a failure by the content of its request, by its size, or by leaving a request open.
   * So once the model has answered, the gateway repeats the last request that it answered, after the time that a rate limit
   * asks for, and only the failure of this request counts. Resolves within about three minutes. @throws AgentError when the
   * provider refuses the key, the account or the model in such a request.
   */
  outage(options?: Cancellable): Promise<Failure | undefined>;
}
