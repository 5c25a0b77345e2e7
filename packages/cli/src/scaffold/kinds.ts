/** What can be begun from a template, and what its README says of it. */
export const kinds = {
  agent: {
    summary: 'The agent `__name__` for CooperBench. For now it runs a few commands and hands in.',
    usage:
      'The agent is in `src/agent.ts`, its options are in `src/options.ts`. `fakeSeat`, `fakeMailbox`, `hostWorkspace` and `scriptedModel` of `@cooperbench/core/testing` are what it is tested with.',
  },
  backend: {
    summary:
      'The backend `__name__` for CooperBench. For now its sandboxes are plain processes of this machine.',
    usage:
      'The backend is in `src/backend.ts`, its options are in `src/options.ts`. What it has to promise is tested by `src/contract.test.ts`; a promise that cannot be kept goes into `knownFailures`, with the reason.',
  },
  bus: {
    summary: 'The message bus `__name__` for CooperBench. For now its messages stay in one process.',
    usage:
      'The bus is in `src/bus.ts`, its options are in `src/options.ts`. What it has to promise is tested by `src/contract.test.ts`; a promise that cannot be kept goes into `knownFailures`, with the reason.',
  },
  evaluator: {
    summary: 'The evaluator `__name__` for CooperBench. For now it passes what applies and stands one check.',
    usage: 'The evaluator is in `src/evaluator.ts`, its options are in `src/options.ts`.',
  },
} as const;

export type Kind = keyof typeof kinds;

export const kindNames = Object.keys(kinds) as Kind[];
