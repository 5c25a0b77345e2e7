import assert from 'node:assert/strict';

// biome-ignore lint/suspicious/noExplicitAny: the subject is each suite's own affair
type Case = { readonly name: string; check(subject: any): Promise<void> };

/**
 * A contract's cases, some of which are known to fail, by name and with the reason. Such a case has the reason in its
 * name and passes while it fails; once it passes it fails, so that no reason outlives its cause.
 * @throws Error when a name is no case's, or a reason is empty.
 */
export function withKnownFailures<T extends Case>(
  cases: readonly T[],
  knownFailures: Readonly<Record<string, string>>,
): readonly T[] {
  for (const [name, reason] of Object.entries(knownFailures)) {
    if (!cases.some((one) => one.name === name))
      throw new Error(`The known failure "${name}" is no case of this contract.`);
    if (reason.trim() === '') throw new Error(`The known failure "${name}" has no reason.`);
  }
  return cases.map((one) => {
    const reason = Object.hasOwn(knownFailures, one.name) ? knownFailures[one.name] : undefined;
    if (reason === undefined) return one;
    return {
      ...one,
      name: `${one.name} (known to fail: ${reason})`,
      async check(subject: unknown) {
        const failed = await one.check(subject).then(
          () => false,
          () => true,
        );
        assert.ok(failed, `It passes, although it is known to fail: ${reason} Take it off the list.`);
      },
    };
  });
}
