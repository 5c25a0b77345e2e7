/** A failed model call that the agent can answer: it repeats a `transient` one and shortens a `context` that is too long. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';
  readonly kind: 'transient' | 'context';
  /** How long the provider asked to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: ModelFailure['kind'], message: string, retryAfterMs?: number) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}
