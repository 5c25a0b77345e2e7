import { GracePeriod, getMessage } from '@cooperbench/core';
import {
  type CallBounds,
  callPlugin,
  forgetBackend,
  type Kind,
  type Registry,
  rememberBackend,
  type Service,
  type TimeLimits,
  type UserOptions,
} from '@cooperbench/core/host';
import type { EventStream } from '../trial/event-stream.ts';

/** After which a user is told what the command waits for. */
const slowMs = 10_000;

/** The objects that a run has made of plugins. Creates and checks each one once, on first use, and disposes them together. */
export class OpenedServices implements AsyncDisposable {
  readonly #registry: Registry;
  readonly #limits: TimeLimits;
  readonly #events: EventStream;
  readonly #onWait: (text: string) => void;
  readonly #given: () => UserOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #closing: GracePeriod;
  readonly #made = new Map<string, Promise<unknown>>();
  readonly #checked = new Map<string, Promise<void>>();
  readonly #disposables: { readonly title: string; readonly service: Partial<AsyncDisposable> }[] = [];

  constructor({
    registry,
    limits,
    events,
    onWait,
    given,
    signal,
  }: {
    readonly registry: Registry;
    readonly limits: TimeLimits;
    readonly events: EventStream;
    /** Gets a line about what takes long before the run starts. */
    readonly onWait: (text: string) => void;
    /** Returns the user's options for the services that plugins wrap. */
    readonly given: () => UserOptions;
    readonly signal: AbortSignal | undefined;
  }) {
    this.#registry = registry;
    this.#limits = limits;
    this.#events = events;
    this.#onWait = onWait;
    this.#given = given;
    this.#signal = signal;
    this.#closing = new GracePeriod(limits.abort, signal);
  }

  /** Aborts some time after the user's abort. Then, nothing waits for what ends. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  boundsOf(title: string): CallBounds {
    return { title, limits: this.#limits, closing: this.closing };
  }

  /** Creates a service once. `guard` bounds the calls into it. */
  make<K extends Exclude<Kind, 'settings' | 'mergePolicies'>>(
    kind: K,
    name: string,
    options: unknown,
    guard: (service: Service<K>, bounds: CallBounds) => Service<K> = (created) => created,
  ): Promise<Service<K>> {
    const key = `${kind}/${name}`;
    const openService = this.#made.get(key);
    if (openService) return openService as Promise<Service<K>>;
    const title = this.#registry.title(kind, name);
    const limited = { limitMs: this.#limits.call, signal: this.#signal };
    const making = this.#registry
      .make(kind, name, options, { ...limited, given: this.#given() })
      .then((created) => {
        const service = guard(created, this.boundsOf(title));
        // Added before the preflight, so that a service whose preflight fails is disposed, too.
        this.#disposables.push({ title, service: service as Partial<AsyncDisposable> });
        if (kind === 'backends') rememberBackend(service as Partial<AsyncDisposable>);
        return service;
      });
    this.#made.set(key, making);
    return making;
  }

  /** Runs a preflight once for each subject, such as a model, and shows its notices to the user. */
  preflight(
    kind: Kind,
    name: string,
    level: 'info' | 'warning',
    subject: string,
    ask: (signal: AbortSignal) => Promise<readonly string[]> | undefined,
  ): Promise<void> {
    const key = `${kind}/${name}/${subject}`;
    const earlier = this.#checked.get(key);
    if (earlier) return earlier;
    const failureText = `${this.#registry.title(kind, name)} failed in preflight`;
    const limited = { limitMs: this.#limits.call, signal: this.#signal };
    const preflight = callPlugin(
      failureText,
      async (signal) => {
        using _waiting = this.#sayWhenSlow(
          `Waiting: ${this.#registry.title(kind, name)} has not said yet that it is ready.`,
        );
        const notices = (await ask(signal)) ?? [];
        if (Array.isArray(notices)) return notices.map(String);
        throw new TypeError(`preflight returns ${String(notices)}, which is not a list of texts.`);
      },
      limited,
    ).then((notices) => {
      for (const notice of notices) this.#events.notice(notice, level);
    });
    this.#checked.set(key, preflight);
    return preflight;
  }

  #sayWhenSlow(text: string): Disposable {
    const timer = setTimeout(() => this.#onWait(text), slowMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }

  /** Never rejects, because the work of the run is done and on disk. Tells the user what could not be disposed. */
  async [Symbol.asyncDispose](): Promise<void> {
    using gracePeriod = new GracePeriod(this.#limits.abort, this.#signal);
    using _closing = this.#closing;
    const bounds = { limitMs: this.#limits.call, signal: gracePeriod.signal };
    await Promise.all(
      this.#disposables.map(async ({ title, service }) => {
        const dispose = (): PromiseLike<void> | undefined => service[Symbol.asyncDispose]?.();
        try {
          await callPlugin(`${title} failed in dispose`, async () => dispose(), bounds);
        } catch (error) {
          const hint = 'Remove what it may have left with cooperbench clean.';
          this.#events.notice(`${getMessage(error)}. ${hint}`, 'warning');
        }
        forgetBackend(service);
      }),
    );
  }
}
