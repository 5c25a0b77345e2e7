import { availableParallelism, totalmem } from 'node:os';
import { ConfigError, type SandboxSpec } from '@cooperbench/core';

/** How much of one resource a sandbox can have. */
export interface ResourceRule {
  /** The value of the user's option. If it is absent, the user did not set it. */
  readonly option?: number | undefined;
  /** In messages, such as `docker.cpus`. Only with `option`. */
  readonly optionName?: string;
  /** Without the option, for a sandbox that needs less. */
  readonly default: number;
  /** If it is absent, not known, so the provider refuses what is too much. */
  readonly most?: number | undefined;
}

/** By the names of `SandboxSpec`. */
export interface ResourceRules {
  readonly cpus: ResourceRule;
  readonly memoryMiB: ResourceRule;
}

export type SandboxNeeds = Pick<SandboxSpec, 'cpus' | 'memoryMiB'>;

const describeNeed = {
  cpus: (need: number) => (need === 1 ? '1 processor' : `${need} processors`),
  memoryMiB: (need: number) => `${need} MiB of memory`,
};

/**
 * Returns the processors and the memory of a sandbox: the user's option or the default, and never less than the sandbox needs.
 * @throws ConfigError `SANDBOX_RESOURCES` that names what it needs and cannot have.
 */
export function sandboxResources(
  needs: SandboxNeeds,
  rules: ResourceRules,
): { readonly cpus: number; readonly memoryMiB: number } {
  const computeAmount = (resource: keyof ResourceRules): number => {
    const { option, optionName, default: usual, most = Number.POSITIVE_INFINITY } = rules[resource];
    const need = needs[resource] ?? 0;
    const refuse = (reason: string): never => {
      throw new ConfigError(
        'SANDBOX_RESOURCES',
        `The sandbox needs ${describeNeed[resource](need)}, but ${reason}.`,
        {
          hint: 'The file task.json of the task says what it needs. Use a machine or a backend that has more.',
        },
      );
    };
    if (option !== undefined && need > option) return refuse(`the option ${optionName} gives ${option}`);
    if (need > most) return refuse(`there are at most ${most}`);
    return Math.max(need, option ?? usual);
  };
  return { cpus: computeAmount('cpus'), memoryMiB: computeAmount('memoryMiB') };
}

/** For sandboxes that are processes of this machine: each can have all of it. */
export function resourcesOfThisMachine(): ResourceRules {
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const [cpus, memoryMiB] = [availableParallelism(), Math.floor(bytes / 1024 / 1024)];
  return { cpus: { default: cpus, most: cpus }, memoryMiB: { default: memoryMiB, most: memoryMiB } };
}
