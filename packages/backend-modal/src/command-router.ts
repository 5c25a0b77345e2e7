import { randomUUID } from 'node:crypto';
import { ReadableStream, WritableStream } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';
import { bufferedInput, Reachability, type StartedProcess } from '@cooperbench/backend-kit';
import { Once } from '@cooperbench/core';
import type { Client, Metadata, ServiceError } from '@grpc/grpc-js';
import type { ModalClient } from 'modal';
import { callPatiently, patience, unavailable } from './patience.ts';
import {
  type ExecIds,
  encodeRead,
  encodeStart,
  encodeWait,
  encodeWrite,
  readData,
  readExitCode,
} from './router-messages.ts';

/** gRPC's codes. */
const deadlineExceeded = 4;
const unauthenticated = 16;
/** gRPC's state of a connection that works. */
const ready = 2;
/** Cancelled, unknown, deadline exceeded, internal. The SDK repeats these calls for as long. */
const brief: readonly unknown[] = [1, 2, deadlineExceeded, 13];
const briefMs = 10_000;
/** How long a worker may take to say that a command still runs. */
const waitMs = 60_000;

/** As the SDK's, but for the pauses between two attempts to connect, which grow to two minutes otherwise. */
const channelOptions = {
  'grpc.max_receive_message_length': 100 * 1024 * 1024,
  'grpc.max_send_message_length': 100 * 1024 * 1024,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_reconnect_backoff_ms': 5000,
};

/** Waits after an error. Rejects with it when another attempt is useless, or when the first error was too long ago. */
type Outage = (error: unknown) => Promise<void>;

interface Worker {
  readonly client: Client;
  readonly taskId: string;
  metadata: Metadata;
}

/**
 * Runs commands in one sandbox, by the protocol of the worker that has it. The SDK does the same, but gives commands up 10 s
 * after a connection broke. Modal repeats no command of the same ID, and reads and writes streams from any offset, so what was
 * cut off goes on for `patience.mostMs`.
 */
export class CommandRouter {
  readonly #sandboxId: string;
  readonly #modal: Pick<ModalClient, 'cpClient' | 'profile'>;
  readonly #worker: Once<Worker> = new Once(() => this.#connect());
  readonly #closed = new AbortController();
  readonly reachability: Reachability = new Reachability();

  constructor(sandboxId: string, modal: Pick<ModalClient, 'cpClient' | 'profile'>) {
    this.#sandboxId = sandboxId;
    this.#modal = modal;
  }

  /** Rejects with the errors of gRPC, which have its codes. */
  async start(command: readonly string[], env: Readonly<Record<string, string>>): Promise<StartedProcess> {
    const { taskId } = await this.#worker.get();
    const exec = { taskId, execId: randomUUID() };
    await this.#call('TaskExecStart', encodeStart(exec, command, env));
    const exitCode = this.#wait(exec);
    exitCode.catch(() => {});
    return {
      stdin: bufferedInput(this.#createInput(exec), exitCode),
      stdout: ReadableStream.from(this.#output(exec, 'stdout')),
      stderr: ReadableStream.from(this.#output(exec, 'stderr')),
      exitCode,
    };
  }

  /** Ends all calls. */
  close(): void {
    this.#closed.abort();
    void this.#worker.peek().then((worker) => worker?.client.close());
  }

  async #connect(): Promise<Worker> {
    const { cpClient, profile } = this.#modal;
    const sandboxId = this.#sandboxId;
    const [{ url, jwt }, taskId] = await callPatiently({}, () =>
      Promise.all([cpClient.sandboxGetCommandRouterAccess({ sandboxId }), this.#findTask()]),
    );
    // As the SDK decides it, for servers on this machine.
    const { Client, credentials } = await import('@grpc/grpc-js');
    const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(profile.serverUrl).hostname);
    const secured = isLocal ? credentials.createInsecure() : credentials.createSsl();
    const { hostname, port } = new URL(url);
    const client = new Client(`${hostname}:${port || 443}`, secured, channelOptions);
    if (this.#closed.signal.aborted) client.close();
    return { client, taskId, metadata: await buildBearerHeader(jwt) };
  }

  /** A sandbox may wait for a worker. */
  async #findTask(): Promise<string> {
    for (;;) {
      const sandboxId = this.#sandboxId;
      const { taskId, taskResult } = await this.#modal.cpClient.sandboxGetTaskIdV2({ sandboxId });
      if (taskId) return taskId;
      if (taskResult) throw new Error(taskResult.exception || `The sandbox ${sandboxId} has ended`);
      await delay(500, undefined, { signal: this.#closed.signal });
    }
  }

  async #wait(exec: ExecIds): Promise<number> {
    for (let outage = this.#buildOutage(); ; ) {
      try {
        return readExitCode(await this.#call('TaskExecWait', encodeWait(exec), outage, waitMs));
      } catch (error) {
        const { client } = await this.#worker.get();
        if ((error as ServiceError).code !== deadlineExceeded) throw error;
        // The command runs. A connection that is broken is not ready any more after that time.
        if (client.getChannel().getConnectivityState(false) === ready) outage = this.#buildOutage();
      }
    }
  }

  #createInput(exec: ExecIds): WritableStream<Uint8Array> {
    let offset = 0;
    const send = async (data: Uint8Array, eof: boolean): Promise<void> => {
      await this.#call('TaskExecStdinWrite', encodeWrite(exec, offset, data, eof));
      offset += data.byteLength;
    };
    return new WritableStream({
      write: (data) => send(data, false),
      close: () => send(new Uint8Array(), true),
    });
  }

  async *#output(exec: ExecIds, output: 'stdout' | 'stderr'): AsyncGenerator<Uint8Array> {
    let offset = 0;
    for (let outage = this.#buildOutage(); ; ) {
      const { client, metadata } = await this.#worker.get();
      const request = encodeRead(exec, output, offset);
      const stream = client.makeServerStreamRequest(
        ...buildMethod('TaskExecStdioRead'),
        readData,
        request,
        metadata,
      );
      const cancel = (): void => stream.cancel();
      this.#closed.signal.addEventListener('abort', cancel);
      try {
        for await (const data of stream as AsyncIterable<Uint8Array>) {
          outage = this.#buildOutage();
          this.reachability.heard();
          offset += data.byteLength;
          yield data;
        }
        return;
      } catch (error) {
        await outage(error);
      } finally {
        this.#closed.signal.removeEventListener('abort', cancel);
        cancel();
      }
    }
  }

  /** Repeats a call until it is answered. With `timeoutMs`, an answer that takes longer is an error. */
  async #call(
    method: string,
    request: Buffer,
    outage: Outage = this.#buildOutage(),
    timeoutMs?: number,
  ): Promise<Buffer> {
    for (;;) {
      const { client, metadata } = await this.#worker.get();
      const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
      const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
      const settleCall = (error: ServiceError | null, bytes?: Buffer): void =>
        error ? reject(error) : resolve(bytes ?? Buffer.alloc(0));
      const call = client.makeUnaryRequest(
        ...buildMethod(method),
        (bytes: Buffer) => bytes,
        request,
        metadata,
        options,
        settleCall,
      );
      const cancel = (): void => call.cancel();
      this.#closed.signal.addEventListener('abort', cancel);
      try {
        const bytes = await promise;
        this.reachability.heard();
        return bytes;
      } catch (error) {
        if (timeoutMs !== undefined && (error as ServiceError).code === deadlineExceeded) throw error;
        await outage(error);
      } finally {
        this.#closed.signal.removeEventListener('abort', cancel);
      }
    }
  }

  #buildOutage(): Outage {
    let sinceMs: number | undefined;
    let pauseMs = 10;
    let isRefreshed = false;
    return async (error) => {
      const { code } = error as ServiceError;
      const { signal } = this.#closed;
      if (code === unauthenticated && !isRefreshed) {
        isRefreshed = true;
        return this.#refresh();
      }
      sinceMs ??= performance.now();
      if (code === unavailable && !signal.aborted) this.reachability.cut();
      const maxMs = code === unavailable ? patience.mostMs : brief.includes(code) ? briefMs : 0;
      if (signal.aborted || performance.now() + pauseMs > sinceMs + maxMs) throw error;
      await delay(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) throw error;
      pauseMs = Math.min(2 * pauseMs, patience.unansweredMs);
    };
  }

  /** Gets another token: the first is good for some time only. */
  async #refresh(): Promise<void> {
    const worker = await this.#worker.get();
    const request = { sandboxId: this.#sandboxId };
    const { jwt } = await callPatiently({}, () =>
      this.#modal.cpClient.sandboxGetCommandRouterAccess(request),
    );
    worker.metadata = await buildBearerHeader(jwt);
  }
}

async function buildBearerHeader(jwt: string): Promise<Metadata> {
  const { Metadata } = await import('@grpc/grpc-js');
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${jwt}`);
  return metadata;
}

function buildMethod(name: string): [path: string, serialize: (request: Buffer) => Buffer] {
  return [`/modal.task_command_router.TaskCommandRouter/${name}`, (request) => request];
}
