import { getMessage } from '@cooperbench/core';
import type { RunEvent, RunEventBody } from '@cooperbench/records';

/** May return a promise. Nobody waits for it, but its rejection counts as if the listener had thrown. */
export type EventListener = (event: RunEvent) => void;

/**
 * The stream of a run's events. Adds the time to each event and passes it to every listener. A listener that throws gets no more
 * events: its fault must not cost paid work. The others are told. When there are none, Node.js is told (`process.emitWarning`).
 */
export class EventStream {
  /** Returns the current time, for events and for the files of a run. */
  readonly now: () => Date;
  #listeners: readonly EventListener[];
  readonly #notices = new Set<string>();

  constructor(listeners: readonly (EventListener | undefined)[], now: () => Date = () => new Date()) {
    this.#listeners = listeners.filter((listener) => listener !== undefined);
    this.now = now;
  }

  readonly emit = (body: RunEventBody): RunEvent => {
    const event = this.#stamp(body);
    for (const listener of this.#listeners) this.#tell(listener, event);
    return event;
  };

  #tell(listener: EventListener, event: RunEvent): void {
    try {
      const listenerResult: unknown = listener(event);
      if (listenerResult instanceof Promise)
        listenerResult.catch((error: unknown) => this.#drop(listener, error));
    } catch (error) {
      this.#drop(listener, error);
    }
  }

  #drop(listener: EventListener, error: unknown): void {
    if (!this.#listeners.includes(listener)) return;
    this.#listeners = this.#listeners.filter((candidate) => candidate !== listener);
    const text = `A listener of the run's events failed and gets no more of them: ${getMessage(error)}`;
    if (this.#listeners.length > 0) this.notice(text, 'warning');
    else process.emitWarning(text, { type: 'CooperBenchWarning', detail: (error as Error)?.stack ?? '' });
  }

  /** Emits a line for the user. Emits the same line only once per run. */
  readonly notice = (text: string, level: 'info' | 'warning' = 'info'): RunEvent =>
    this.#emitOnce({ type: 'notice', level, text });

  /** Warns that a task or a trial that the user asked for is left out. Commands then exit with 1. */
  leaveOut(name: string, reason: string): void {
    this.#emitOnce({
      type: 'notice',
      level: 'warning',
      text: `${name} is left out: ${reason}`,
      left_out: name,
    });
  }

  #emitOnce(body: Extract<RunEventBody, { readonly type: 'notice' }>): RunEvent {
    const { text } = body;
    if (this.#notices.has(text)) return this.#stamp(body);
    this.#notices.add(text);
    return this.emit(body);
  }

  #stamp(body: RunEventBody): RunEvent {
    return { time: this.now().toISOString(), ...body };
  }
}
