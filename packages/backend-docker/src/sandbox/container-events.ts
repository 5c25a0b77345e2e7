import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { lines, withTimeout } from '@cooperbench/core';
import type { Client } from '../connection/client.ts';
import { findStatus } from '../connection/faults.ts';
import { buildOwnerLabels, ownerLabel } from '../labels.ts';
import { type Container, createLostError, findLoss, loseSilent, wasEndedFromOutside } from './container.ts';

const reconnectMs = 1000;
const maxLineChars = 1024 ** 2;
/** How long calls may take when a run is about to end. */
const lastAnswerMs = 5000;

interface Event {
  readonly Action: 'pause' | 'kill' | 'die';
  readonly Actor: { readonly ID: string; readonly Attributes: { readonly exitCode?: string } };
}

/** Notices when somebody else pauses or ends a container of a backend, even while the backend makes no call about it. */
export class ContainerEvents implements Disposable {
  readonly #docker: Client;
  readonly #containers = new Map<string, Container>();
  readonly #stop = new AbortController();
  #following: Promise<void> | undefined;

  constructor(docker: Client) {
    this.#docker = docker;
  }

  add(container: Container): void {
    this.#containers.set(container.api.id, container);
    this.#following ??= this.#follow();
  }

  delete({ api }: Container): void {
    this.#containers.delete(api.id);
  }

  /** Marks containers as lost if Docker no longer answers calls about them. Gives up on a daemon that does not answer at all. */
  async loseSilent(): Promise<void> {
    const isAnswered = (call: Promise<unknown>): Promise<boolean> =>
      withTimeout(
        lastAnswerMs,
        () => call,
        () => new Error('no answer'),
      ).then(
        () => true,
        (error: unknown) => findStatus(error) !== undefined,
      );
    const daemon = isAnswered(this.#docker.ping());
    const updates = [...this.#containers.values()].map(async (container) => {
      if (!(await isAnswered(findLoss(container)))) await loseSilent(container);
    });
    if (!(await daemon)) this.#docker.giveUp();
    await Promise.all(updates);
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    const label = [`${ownerLabel}=${buildOwnerLabels()[ownerLabel]}`];
    const filters = { type: ['container' as const], event: ['pause', 'kill', 'die'], label };
    while (!signal.aborted) {
      try {
        const response: unknown = await this.#docker.getEvents({ filters, abortSignal: signal });
        const events = response as IncomingMessage;
        events.socket.unref();
        for await (const line of lines(events, maxLineChars)) void this.#take(JSON.parse(line) as Event);
      } catch {
        // Calls in the sandboxes report what is wrong with the daemon.
      }
      await this.#noteDaemonGone();
      await delay(reconnectMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #take({ Action: action, Actor: { ID: id, Attributes: attributes } }: Event): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    const { loss } = container;
    if (action !== 'pause' && loss.own[action] > 0) {
      loss.own[action] -= 1;
      return;
    }
    // Only a call of Docker's API causes it. A signal from within a container, or the kernel, causes `die` alone.
    if (action === 'kill') loss.isFromOutside = true;
    // Docker may still list the container as running: it reports an end early, and somebody may have restarted it.
    if (action === 'kill' || (await findLoss(container))) return;
    if (action === 'pause') loss.add(createLostError(container, 'its container was paused from outside'));
    else if (await wasEndedFromOutside(container))
      loss.add(
        createLostError(container, `its container was ended from outside (exit code ${attributes.exitCode})`),
      );
  }

  /** A daemon that goes away may end its containers. It reports that to nobody. */
  async #noteDaemonGone(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    try {
      await this.#docker.ping();
    } catch (error) {
      if (findStatus(error) !== undefined) return;
      for (const { loss } of this.#containers.values()) loss.isFromOutside = true;
    }
  }
}
