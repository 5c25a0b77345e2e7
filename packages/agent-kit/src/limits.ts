import { SeatLimitError } from '@cooperbench/core';

const MiB = 1024 * 1024;

/** How much of the host one seat may use through its framework and its model gateway. An honest seat stays far below. */
export interface HostLimits {
  /** Bytes of one request to the model. */
  readonly requestBytes: number;
  /** Bytes of all requests that are not answered yet. */
  readonly requestBytesAtOnce: number;
  /** Requests to the gateway in all, also those that it refuses. */
  readonly requests: number;
  /** How deep the JSON of a request may nest lists and objects. */
  readonly jsonDepth: number;
  /** Values in the JSON of a request. */
  readonly jsonNodes: number;
  /** Bytes of one answer of the model. */
  readonly answerBytes: number;
  /** Bytes that the framework prints or its server answers. They become its trajectory and its log. */
  readonly outputBytes: number;
  /** Lines that the framework prints, or events of its server. */
  readonly events: number;
}

export const hostLimits: HostLimits = {
  requestBytes: 8 * MiB,
  requestBytesAtOnce: 16 * MiB,
  requests: 10_000,
  jsonDepth: 100,
  jsonNodes: 200_000,
  answerBytes: 64 * MiB,
  outputBytes: 256 * MiB,
  events: 200_000,
};

/** The unit of a limit. */
export const units: { readonly [Name in keyof HostLimits]: string } = {
  requestBytes: 'bytes in one request to the model',
  requestBytesAtOnce: 'bytes in requests to the model that wait for their answer',
  requests: 'requests to the model',
  jsonDepth: 'nested lists and objects in one request to the model',
  jsonNodes: 'values in one request to the model',
  answerBytes: 'bytes in one answer of the model',
  outputBytes: 'bytes of output of the framework',
  events: 'events of the framework',
};

type Counted = 'requests' | 'outputBytes' | 'events';

/** Ends a seat that passes a limit. Other seats do not notice. */
export class LimitGuard {
  readonly limits: HostLimits;
  readonly #passed = new AbortController();
  readonly #counts: Record<Counted, number> = { requests: 0, outputBytes: 0, events: 0 };
  #bytesAtOnce = 0;

  constructor(limits: Partial<HostLimits> = {}) {
    this.limits = { ...hostLimits, ...limits };
  }

  /** Aborts when the seat passes a limit. The reason is the SeatLimitError. */
  get passed(): AbortSignal {
    return this.#passed.signal;
  }

  /** @throws SeatLimitError when the seat passes the limit. */
  count(name: Counted, amount: number = 1): void {
    this.#counts[name] += amount;
    if (this.#counts[name] > this.limits[name]) throw this.exceed(name);
  }

  /** Counts bytes of a request until `releaseBytes`. @throws SeatLimitError when the seat passes the limit. */
  holdBytes(amount: number): void {
    this.#bytesAtOnce += amount;
    if (this.#bytesAtOnce > this.limits.requestBytesAtOnce) throw this.exceed('requestBytesAtOnce');
  }

  releaseBytes(amount: number): void {
    this.#bytesAtOnce -= amount;
  }

  /** Ends the seat, and returns the reason. */
  exceed(name: keyof HostLimits): SeatLimitError {
    const reason = new SeatLimitError(name, `${this.limits[name]} ${units[name]}`);
    this.#passed.abort(reason);
    return reason;
  }
}
