import type { IncomingMessage } from 'node:http';
import { readAnswer } from '@cooperbench/core';
import Docker from 'dockerode';

/** How long a daemon may take to begin an answer. Some calls are slow because they wait for processes and disks. */
const answerMs = { usual: 30_000, slow: 180_000 } as const;
const slowCalls = /^\/containers\/[^/]+\/(start|kill)\b/;
/** Calls without a time limit: they answer when a pull or a build begins. Their callers have signals. */
const unbounded = /^\/(build|images\/create)\b/;

/** The error for a missing answer, with the operating system's code for a timeout. */
export class DaemonTimeoutError extends Error {
  readonly code = 'ETIMEDOUT';
}

/** Why calls fail once `giveUp` was called. */
const givenUp = 'it does not answer';

/** docker-modem's description of a call. */
interface Call {
  readonly path: string;
  readonly method: string;
  readonly abortSignal?: AbortSignal;
  readonly isStream?: boolean;
  /** The statuses of answers that are no errors. */
  readonly statusCodes: object;
}
type RequestCallback = (error: unknown, result?: unknown) => void;

/** The parts of docker-modem that this client changes. */
interface Modem {
  dial(call: Call, callback: RequestCallback): void;
  buildRequest(options: object, call: Call, data: unknown, callback: RequestCallback): void;
  buildPayload(
    ...answer: [null, false, object, false, object, IncomingMessage, unknown, RequestCallback]
  ): void;
}

const anyStatus = new Proxy({}, { get: () => true });

/** A client whose calls always end, even when a daemon accepts them and never answers. */
export class Client extends Docker {
  readonly #calls = new Set<AbortController>();
  #gaveUp = false;

  constructor(options: Docker.DockerOptions) {
    super(options);
    const modem = this.modem as unknown as Modem;
    const dial = modem.dial.bind(modem);
    modem.dial = (call, callback) => this.#dial(dial, call, callback);
    boundAnswers(modem);
  }

  /** Fails all pending and future calls, because the daemon does not answer. */
  giveUp(): void {
    this.#gaveUp = true;
    for (const call of this.#calls) call.abort(new DaemonTimeoutError(givenUp));
  }

  #dial(dial: (call: Call, callback: RequestCallback) => void, call: Call, done: RequestCallback): void {
    const controller = new AbortController();
    const limitMs = call.method === 'DELETE' || slowCalls.test(call.path) ? answerMs.slow : answerMs.usual;
    if (this.#gaveUp) {
      done(new DaemonTimeoutError(givenUp));
      return;
    }
    const onTime = (): void =>
      controller.abort(new DaemonTimeoutError(`it did not answer within ${limitMs / 1000} s`));
    const timer = unbounded.test(call.path) ? undefined : setTimeout(onTime, limitMs);
    this.#calls.add(controller);
    const { signal } = controller;
    const abortSignal = call.abortSignal ? AbortSignal.any([call.abortSignal, signal]) : signal;
    dial({ ...call, abortSignal }, (error, result) => {
      clearTimeout(timer);
      this.#calls.delete(controller);
      const isSilent = error && signal.aborted;
      done(isSilent ? (signal.reason as DaemonTimeoutError) : error, result);
    });
  }
}

/** docker-modem would keep an answer of any length in memory. Streams are read by their callers. */
function boundAnswers(modem: Modem): void {
  const buildRequest = modem.buildRequest.bind(modem);
  modem.buildRequest = (options, call, data, callback) => {
    if (call.isStream) return buildRequest(options, call, data, callback);
    const asStream = { ...call, isStream: true, statusCodes: anyStatus };
    buildRequest(options, asStream, data, (error, result) => {
      if (error) return callback(error);
      const message = result as IncomingMessage;
      readAnswer(message).then(
        (body) =>
          modem.buildPayload(
            null,
            false,
            call.statusCodes,
            false,
            {},
            message,
            parseBody(body) || body,
            callback,
          ),
        callback,
      );
    });
  };
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
