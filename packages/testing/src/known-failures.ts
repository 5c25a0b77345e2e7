import assert from 'node:assert/strict';

// biome-ignore lint/suspicious/noExplicitAny: each suite has its own subject type
type Case = { readonly name: string; check(subject: any): Promise<void> };

/**
 * Marks cases of a contract that are known to fail, by name and with the reason. A marked case has the reason in its name.
 * It passes as long as the original case fails, and fails as soon as the original passes, so that outdated reasons are
 * removed. @throws Error when a name belongs to no case, or a reason is empty.
 */
export function withKnownFailures<T extends Case>(
  cases: readonly T[],
  knownFailures: Readonly<Record<string, string>>,
): readonly T[] {
  for (const [name, reason] of Object.entries(knownFailures)) {
    if (!cases.some((contractCase) => contractCase.name === name))
      throw new Error(`This contract has no case "${name}", which is listed as a known failure.`);
    if (reason.trim() === '') throw new Error(`The known failure "${name}" has no reason.`);
  }
  return cases.map((contractCase) => {
    const reason = Object.hasOwn(knownFailures, contractCase.name)
      ? knownFailures[contractCase.name]
      : undefined;
    if (reason === undefined) return contractCase;
    return {
      ...contractCase,
      name: `${contractCase.name} (known to fail: ${reason})`,
      async check(subject: unknown) {
        const hasFailed = await contractCase.check(subject).then(
          () => false,
          () => true,
        );
        assert.ok(
          hasFailed,
          `The case passes, but it is listed as a known failure: ${reason} Remove it from the list.`,
        );
      },
    };
  });
}
