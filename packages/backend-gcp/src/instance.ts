import { bootScript, type NewMachine } from '@cooperbench/backend-kit/machines';
import type * as protos from '@google-cloud/compute/build/protos/protos.js';
import { chooseMachineType } from './google-cloud/machine-type.ts';
import type { GcpSettings } from './options.ts';

/** Where a VM publishes its host key for those who may read the project: `NAMESPACE/KEY`. */
export const hostKeyAttribute = 'cooperbench/host-key';

const metadata = 'http://metadata.google.internal/computeMetadata/v1/instance';
const curl = "curl -fsS -H 'Metadata-Flavor: Google'";

const boot = {
  publish: `${curl} -X PUT --data "$host_key" ${metadata}/guest-attributes/${hostKeyAttribute}`,
  // The server that gives credentials also answers names.
  nameServer: '169.254.169.254',
};

/** Finds a line that lets Docker pull from Google's registries as the VM's service account. */
export function findLoginLine(image: string, { serviceAccount }: GcpSettings): string | undefined {
  const [host = ''] = image.split('/');
  if (serviceAccount === undefined || !/(\.pkg\.dev|(^|\.)gcr\.io)$/.test(host)) return undefined;
  const token = `${curl} ${metadata}/service-accounts/default/token`;
  const extracted = `${token} | sed 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/'`;
  return `${extracted} | docker login --username oauth2accesstoken --password-stdin https://${host}`;
}

/** Builds the instance that Compute Engine should create. @throws the errors of `machineTypeFor`. */
export function buildInstance(
  { name, zone, labels, lifetimeMs, sshUser, publicKey, ...needs }: NewMachine,
  { machineType, diskGiB, vmImage, spot, serviceAccount, sshPort, ...settings }: GcpSettings,
): protos.google.cloud.compute.v1.IInstance {
  const { region, subnetwork, publicAddress } = settings;
  const values = {
    'startup-script': bootScript({ ...boot, sshPort }),
    'ssh-keys': `${sshUser}:${publicKey}`,
    'block-project-ssh-keys': 'TRUE',
    'enable-oslogin': 'FALSE',
    'enable-guest-attributes': 'TRUE',
    'cos-update-strategy': 'update_disabled',
  };
  return {
    name,
    labels,
    machineType: `zones/${zone}/machineTypes/${chooseMachineType(needs, machineType)}`,
    metadata: { items: Object.entries(values).map(([key, value]) => ({ key, value })) },
    disks: [
      {
        boot: true,
        autoDelete: true,
        initializeParams: {
          sourceImage: vmImage,
          diskSizeGb: String(diskGiB),
          diskType: `zones/${zone}/diskTypes/pd-balanced`,
          labels,
        },
      },
    ],
    networkInterfaces: [
      {
        ...(subnetwork === undefined
          ? { network: 'global/networks/default' }
          : { subnetwork: `regions/${region}/subnetworks/${subnetwork}` }),
        ...(publicAddress && { accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] }),
      },
    ],
    serviceAccounts:
      serviceAccount === undefined
        ? []
        : [{ email: serviceAccount, scopes: ['https://www.googleapis.com/auth/devstorage.read_only'] }],
    scheduling: {
      provisioningModel: spot ? 'SPOT' : 'STANDARD',
      instanceTerminationAction: 'DELETE',
      automaticRestart: false,
      maxRunDuration: { seconds: String(lifetimeMs / 1000) },
    },
  };
}
