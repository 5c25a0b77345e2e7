import {
  type MachineOptions,
  machineDefaults,
  machineOptions,
} from '@cooperbench/backend-kit/machines/options';
import { type JsonSchema, objectSchema, option } from '@cooperbench/core';

/** The options of `--backend gcp`, besides those of every backend that rents machines. The VM's image makes the user for SSH. */
export interface GcpOptions extends MachineOptions {
  /** Project that is billed. Default: that of the credentials or of gcloud. */
  readonly project?: string;
  /** Zones of one region, separated by commas. When one has no capacity, the next is tried. Default: four of `us-central1`. */
  readonly zones?: string;
  /** Type of a VM, which is one sandbox. Default: `e2-standard-2`, or what the task needs. */
  readonly machineType?: string;
  /** Boot disk of a VM. Default: 50. */
  readonly diskGiB?: number;
  /** Image of a VM, with Docker, or its family. Default: Container-Optimized OS. */
  readonly vmImage?: string;
  /** Spot VMs cost less, and Google may stop them at any time. Default: false. */
  readonly spot?: boolean;
  /** Subnetwork of the region. Default: the one of the network `default`. */
  readonly subnetwork?: string;
  /** E-mail address of a service account that pulls private images. Sandboxes cannot use it. Default: none. */
  readonly serviceAccount?: string;
  /**
   * How SSH reaches a VM: `public` (default), by its public address; `internal`, by its internal address; `iap`, through
   * gcloud. `jumpHost` implies `internal`.
   */
  readonly access?: 'public' | 'internal' | 'iap';
  /** Bucket for the files of evaluations. Without it, they run on VMs. */
  readonly bucket?: string;
}

const defaults = {
  zones: 'us-central1-a,us-central1-b,us-central1-c,us-central1-f',
  diskGiB: 50,
  vmImage: 'projects/cos-cloud/global/images/family/cos-stable',
} as const;

export const optionsSchema: JsonSchema = objectSchema<GcpOptions>({
  project: option.text('Project that is billed. By default that of the credentials or of gcloud.'),
  zones: option.text(
    'Zones of one region, separated by commas; when one has no capacity, the next is tried.',
    {
      default: defaults.zones,
    },
  ),
  machineType: option.text(
    'Type of a VM, which is one sandbox. By default e2-standard-2, or what the task needs.',
  ),
  diskGiB: option.integer(10, 'Boot disk of a VM.', { default: defaults.diskGiB }),
  vmImage: option.text('Image of a VM, with Docker, or its family.', { default: defaults.vmImage }),
  spot: option.flag('Spot VMs cost less, and Google may stop them at any time.'),
  subnetwork: option.text('Subnetwork of the region. By default the one of the network "default".'),
  serviceAccount: option.text(
    'E-mail address of a service account that pulls private images. Sandboxes cannot use it.',
  ),
  access: option.oneOf(
    ['public', 'internal', 'iap'],
    'How SSH reaches a VM. public: by its public address. internal: by its internal address. iap: through gcloud.',
    { default: 'public' },
  ),
  bucket: option.text('Bucket for the files of evaluations. Without it, they run on VMs.'),
  ...machineOptions,
});

type DefaultedOption = 'diskGiB' | 'vmImage' | 'sshPort';

/** The options with their defaults, and what follows from them. */
export interface GcpSettings
  extends Omit<GcpOptions, 'zones' | DefaultedOption>,
    Required<Pick<GcpOptions, DefaultedOption>> {
  readonly zones: readonly string[];
  readonly region: string;
  readonly publicAddress: boolean;
}

export function settingsOf(options: GcpOptions): GcpSettings {
  const { zones = defaults.zones, diskGiB = defaults.diskGiB } = options;
  const { vmImage = defaults.vmImage, sshUser = machineDefaults.sshUser } = options;
  const { sshPort = machineDefaults.sshPort, access = 'public', jumpHost } = options;
  const names = zones.split(',').map((zone) => zone.trim());
  return {
    ...options,
    ...{ diskGiB, vmImage, sshUser, sshPort },
    zones: names,
    region: names[0]?.replace(/-[^-]*$/, '') ?? '',
    publicAddress: access === 'public' && jumpHost === undefined,
  };
}
