/** Kinds of plugins with a template, and the texts of their READMEs. */
export const kinds = {
  agent: {
    summary:
      'The agent `__name__` for CooperBench. It runs a command-line agent in the sandbox of its seat. For now that is the small one in `src/program.ts`.',
    usage:
      'The agent is in `src/agent.ts`. Its options are in `src/options.ts`. `src/agent.test.ts` tests the promises of the contract against a model on loopback.',
  },
  backend: {
    summary:
      'The backend `__name__` for CooperBench. For now its sandboxes are plain processes on this machine.',
    usage:
      'The backend is in `src/backend.ts`. Its options are in `src/options.ts`. `src/contract.test.ts` tests the promises of the contract. List a promise that it cannot keep in `knownFailures`, with the reason.',
  },
  bus: {
    summary: 'The message bus `__name__` for CooperBench. For now its messages stay in one process.',
    usage:
      'The bus is in `src/bus.ts`. Its options are in `src/options.ts`. `src/contract.test.ts` tests the promises of the contract. List a promise that it cannot keep in `knownFailures`, with the reason.',
  },
  channel: {
    summary:
      'The channel `__name__` for CooperBench. For now it is a list of tasks that the agents of a trial share.',
    usage:
      'The channel is in `src/channel.ts`. Its options are in `src/options.ts`. `src/contract.test.ts` tests the promises of the contract. List a promise that it cannot keep in `knownFailures`, with the reason.',
  },
  command: {
    summary:
      'The command `cooperbench __name__`. For now it counts the trials, messages and tokens of a run.',
    usage:
      'The command is in `src/commands/__name__.ts`, and what it prints comes from `src/count-trials.ts`. `src/command.test.ts` runs it on a run that nobody made. `npm run build` also writes `oclif.manifest.json`, so that `cooperbench` starts without importing the command.',
  },
  evaluator: {
    summary:
      'The evaluator `__name__` for CooperBench. For now it passes patches that apply and pass one check.',
    usage:
      'The evaluator is in `src/evaluator.ts`. Its options are in `src/options.ts`. `src/contract.test.ts` tests the promises of the contract. List a promise that it cannot keep in `knownFailures`, with the reason.',
  },
  'merge-policy': {
    summary:
      'The merge policy `__name__` for CooperBench. For now it keeps the lines of the first seat where patches conflict.',
    usage:
      'The policy is in `src/merge-policy.ts`. `src/contract.test.ts` merges patches that conflict. List a promise that it cannot keep in `knownFailures`, with the reason.',
  },
  reporter: {
    summary: 'The reporter `__name__` for CooperBench. For now it prints a line for each verdict.',
    usage:
      'The reporter is in `src/reporter.ts`. Its options are in `src/options.ts`. `src/reporter.test.ts` shows events of a run.',
  },
  setting: {
    summary: 'The setting `__name__` for CooperBench. For now it is a lead and an agent for each feature.',
    usage:
      'The setting is in `src/setting.ts`. Its options are in `src/options.ts`. `src/contract.test.ts` tests the promises of the contract. List a promise that it cannot keep in `knownFailures`, with the reason.',
  },
} as const;

export type Kind = keyof typeof kinds;

export const kindNames = Object.keys(kinds) as Kind[];
