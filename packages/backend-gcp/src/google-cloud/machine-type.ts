import { type SandboxNeeds, sandboxResources } from '@cooperbench/backend-kit';

const usual = { type: 'e2-standard-2', cpus: 2, memoryMiB: 8192 };

/** The largest machine of the family E2, whose machines have from 512 MiB to 8 GiB for each processor. */
const largest = { cpus: 32, memoryMiB: 131_072 };

/** The least memory for each processor in the families of Google, in MiB, by the second part of a type's name. */
const memoryPerCpu: Readonly<Record<string, number>> = { standard: 3840, highmem: 6656, highcpu: 921 };

/**
 * Chooses the type of a VM for a sandbox: the one that the user chose, or one of E2 with what the sandbox needs. @throws
 * ConfigError `SANDBOX_RESOURCES` when it has less, or its name does not say how much.
 */
export function chooseMachineType(needs: SandboxNeeds, machineType: string | undefined): string {
  if (machineType !== undefined) {
    const { cpus, memoryMiB } = buildSize(machineType);
    const optionName = `gcp.machineType=${machineType}`;
    sandboxResources(needs, {
      cpus: { option: cpus, optionName, default: cpus },
      memoryMiB: { option: memoryMiB, optionName, default: memoryMiB },
    });
    return machineType;
  }
  const { cpus, memoryMiB } = sandboxResources(needs, {
    cpus: { default: usual.cpus, most: largest.cpus },
    memoryMiB: { default: usual.memoryMiB, most: largest.memoryMiB },
  });
  if (cpus === usual.cpus && memoryMiB === usual.memoryMiB) return usual.type;
  // E2 has even numbers of processors, and memory in steps of 256 MiB.
  const even = 2 * Math.ceil(Math.max(cpus, memoryMiB / 8192) / 2);
  const memory = 256 * Math.ceil(Math.max(memoryMiB, 512 * even) / 256);
  return `e2-custom-${even}-${memory}`;
}

/** Returns what a type has by its name, at least. Of another name, nothing is known to be there. */
function buildSize(type: string): { readonly cpus: number; readonly memoryMiB: number } {
  const [, customCpus, customMiB] = /(?:^|-)custom-(\d+)-(\d+)/.exec(type) ?? [];
  if (customCpus !== undefined) return { cpus: Number(customCpus), memoryMiB: Number(customMiB) };
  const [, kind = '', count] = /-(standard|highmem|highcpu)-(\d+)/.exec(type) ?? [];
  const cpus = Number(count ?? 0);
  return { cpus, memoryMiB: cpus * (memoryPerCpu[kind] ?? 0) };
}
