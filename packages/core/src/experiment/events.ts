import type { RunEvent, RunEventBody } from '../contracts/events.ts';

/** The one stream of what happens: stamps the time, hands it to whoever listens. */
export class RunEvents {
  readonly #listeners: readonly ((event: RunEvent) => void)[];
  readonly #said = new Set<string>();

  constructor(listeners: readonly (((event: RunEvent) => void) | undefined)[]) {
    this.#listeners = listeners.filter((listener) => listener !== undefined);
  }

  emit = (body: RunEventBody): void => {
    if (this.#listeners.length === 0) return;
    const event = { time: new Date().toISOString(), ...body };
    for (const listener of this.#listeners) listener(event);
  };

  /** Shows a line once, however often it is said. */
  notice = (text: string, level: 'info' | 'warning' = 'info'): void => {
    if (this.#said.has(text)) return;
    this.#said.add(text);
    this.emit({ type: 'notice', level, text });
  };
}
