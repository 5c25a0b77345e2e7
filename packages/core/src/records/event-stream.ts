import type { RunEvent, RunEventBody } from '../contracts/events.ts';

export type EventListener = (event: RunEvent) => void;

/** The stream of a run's events. Adds the time to each event and passes it to every listener. */
export class EventStream {
  /** The current time, for events and for the files of a run. */
  readonly now: () => Date;
  readonly #listeners: readonly EventListener[];
  readonly #notices = new Set<string>();

  constructor(listeners: readonly (EventListener | undefined)[], now: () => Date = () => new Date()) {
    this.#listeners = listeners.filter((listener) => listener !== undefined);
    this.now = now;
  }

  readonly emit = (body: RunEventBody): RunEvent => {
    const event = this.#stamp(body);
    for (const listener of this.#listeners) listener(event);
    return event;
  };

  /** Emits a line for the user. Emits the same line only once per run. */
  readonly notice = (text: string, level: 'info' | 'warning' = 'info'): RunEvent => {
    const body = { type: 'notice', level, text } as const;
    if (this.#notices.has(text)) return this.#stamp(body);
    this.#notices.add(text);
    return this.emit(body);
  };

  #stamp(body: RunEventBody): RunEvent {
    return { time: this.now().toISOString(), ...body };
  }
}
