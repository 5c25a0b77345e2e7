import type { SeenRequest } from '../model-server.ts';

/** A request, in terms common to all providers. */
interface ReadRequest {
  readonly model: string | undefined;
  readonly system: string | undefined;
  readonly tools: readonly string[];
  /** The texts of tool results in the history. */
  readonly results: readonly string[];
  readonly streaming: boolean;
}

/** One provider's wire format, from the server's side. All answers report the same usage, as far as the format can. */
export interface Wire {
  /** An answer that calls a tool. */
  call(name: string, input: Readonly<Record<string, unknown>>): unknown;
  failure(status: number, message: string): unknown;
  read(request: SeenRequest): ReadRequest;
}

export const usage = { input: 1000, cacheRead: 400, output: 50 } as const;
