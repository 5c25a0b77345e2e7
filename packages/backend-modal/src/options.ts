import type { ResourceRules } from '@cooperbench/backend-kit';
import { type ImageOptions, imageOptions, type JsonSchema, objectSchema, option } from '@cooperbench/core';

// Here, because a configuration needs no types of Modal's SDK, which do not compile everywhere.
declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'backends/modal': ModalOptions;
  }
}

/** The options of `--backend modal`. */
export interface ModalOptions extends ImageOptions {
  /** The Modal app that sandboxes and images belong to. Made when it does not exist. Default: `cooperbench`. */
  readonly app?: string;
  /** The Modal environment. Default: the profile's, or the workspace's. */
  readonly environment?: string;
  /** Physical cores reserved for each sandbox. One is two virtual cores. It may use more when there are any. Default: 1. */
  readonly cpu?: number;
  /** Physical cores that a sandbox cannot exceed. Default: Modal's limit. */
  readonly cpuLimit?: number;
  /** Reserved memory of one sandbox. It may use more when there is any. Default: 2048. */
  readonly memoryMiB?: number;
  /** Memory at which a sandbox's processes are ended. Default: Modal's limit. */
  readonly memoryLimitMiB?: number;
  /** `open` (default): the internet, but not other sandboxes. `none`: no network at all. */
  readonly network?: 'open' | 'none';
  /** Region, such as `us-east` or `eu`. Default: any. Modal charges more for a chosen one. */
  readonly region?: string;
  /** Cloud provider, such as `aws`, `gcp` or `oci`. Default: any. */
  readonly cloud?: string;
  /** Name of a Modal secret with REGISTRY_USERNAME and REGISTRY_PASSWORD, for images in a private registry. */
  readonly registrySecret?: string;
}

export const defaults = { app: 'cooperbench', cpu: 1, memoryMiB: 2048 } as const;

/** Modal counts physical cores, and a sandbox sees two processors in each. */
export const processorsOfCore = 2;

/** Builds the resources of a sandbox. Modal itself refuses more than its machines have. */
export function buildResourceRules({
  cpu,
  cpuLimit,
  memoryMiB,
  memoryLimitMiB,
}: ModalOptions): ResourceRules {
  const countProcessors = (cores: number): number => cores * processorsOfCore;
  return {
    cpus: {
      ...{
        option: cpu && countProcessors(cpu),
        optionName: 'modal.cpu',
        default: countProcessors(defaults.cpu),
      },
      most: cpuLimit && countProcessors(cpuLimit),
    },
    memoryMiB: {
      ...{ option: memoryMiB, optionName: 'modal.memoryMiB', default: defaults.memoryMiB },
      most: memoryLimitMiB,
    },
  };
}

const credentials = 'REGISTRY_USERNAME and REGISTRY_PASSWORD, for images in a private registry.';

export const optionsSchema: JsonSchema = objectSchema<ModalOptions>({
  app: option.text('The Modal app of sandboxes and images; made when it does not exist.', {
    default: defaults.app,
  }),
  environment: option.text("The Modal environment. By default the profile's, or the workspace's."),
  cpu: option.number(0.125, 'Physical cores reserved for each sandbox. One is two virtual cores.', {
    default: defaults.cpu,
  }),
  cpuLimit: option.number(0.125, "Physical cores that a sandbox cannot exceed. By default Modal's limit."),
  memoryMiB: option.integer(128, 'Reserved memory of one sandbox.', { default: defaults.memoryMiB }),
  memoryLimitMiB: option.integer(
    128,
    "Memory at which a sandbox's processes are ended. By default Modal's limit.",
  ),
  network: option.oneOf(
    ['open', 'none'],
    'open: the internet, but not other sandboxes. none: no network at all.',
    { default: 'open' },
  ),
  region: option.text('Region, such as us-east or eu. By default any; Modal charges more for a chosen one.'),
  cloud: option.text('Cloud provider, such as aws, gcp or oci. By default any.'),
  registrySecret: option.text(`Name of a Modal secret with ${credentials}`),
  ...imageOptions,
});
