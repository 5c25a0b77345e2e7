import type { AgentContext } from '@cooperbench/core';
import type { Json } from '../gateway/formats.ts';
import type { Framework } from './framework.ts';

/** A message of the program that expects no answer. Its parameters may have any shape. */
export interface RpcNotification {
  readonly method: string;
  readonly params: Json;
}

type Line = Partial<RpcNotification> & {
  readonly id?: number;
  readonly result?: Json;
  readonly error?: Json;
};

/** A client of a program that speaks JSON-RPC, one message on each line. Some programs, such as Codex, leave out the version. */
export class JsonRpcClient {
  readonly #program: Framework;
  readonly #version: object;
  /** What the program is called in errors. */
  readonly #title: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<Json>>();
  #ended = false;
  #calls = 0;

  constructor(
    program: Framework,
    title: string,
    { hasVersion = true }: { readonly hasVersion?: boolean } = {},
  ) {
    this.#program = program;
    this.#title = title;
    this.#version = hasVersion ? { jsonrpc: '2.0' } : {};
  }

  /** Rejects when the program refuses, with its words, and when it ends before it answers. Works only while `read` runs. */
  async call(method: string, params: Json): Promise<Json> {
    if (this.#ended) throw new Error(`${this.#title} has ended`);
    this.#calls += 1;
    const answer = Promise.withResolvers<Json>();
    this.#waiting.set(this.#calls, answer);
    await this.#send({ id: this.#calls, method, params });
    return answer.promise;
  }

  notify(method: string, params?: Json): Promise<void> {
    return this.#send({ method, params });
  }

  /** Reads what the program says until it ends. Requests of the program are refused: nobody can answer them. */
  async read(
    context: Pick<AgentContext, 'record'>,
    handle: (notification: RpcNotification) => void,
  ): Promise<void> {
    await this.#program.readEvents<Line>(context, async ({ id, method, params, result, error }) => {
      if (method === undefined) this.#settle(id, result, error);
      else if (id === undefined) handle({ method, params });
      // Such as an approval, or an answer of a user.
      else
        await this.#send({
          id,
          error: { code: -32601, message: 'Nobody can answer. Decide by yourself and continue.' },
        });
    });
    this.#ended = true;
    for (const id of this.#waiting.keys())
      this.#settle(id, undefined, { message: `${this.#title} has ended` });
  }

  #settle(id: number | undefined, result: Json, error: Json): void {
    const answer = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (error) answer?.reject(new Error(String(error.message)));
    else answer?.resolve(result);
  }

  #send(message: Json): Promise<void> {
    return this.#program.send(JSON.stringify({ ...this.#version, ...message }));
  }
}
