/** Options of an operation that stops when the signal aborts. It then rejects with the signal's reason. */
export interface Cancellable {
  readonly signal?: AbortSignal | undefined;
}
