import { SandboxError } from '@cooperbench/core';
import type * as protos from '@google-cloud/compute/build/protos/protos.js';
import { quotas } from './google-cloud/index.ts';

/** Why Compute Engine did not carry out an operation. */
export function operationFault(
  { code, message, errorDetails }: protos.google.cloud.compute.v1.IErrors,
  project: string,
): SandboxError {
  if (/_POOL_EXHAUSTED/.test(code ?? ''))
    return new SandboxError('MACHINE_CAPACITY', String(message), {
      hint: 'Try again later, or set gcp.zones or gcp.machineType to others.',
    });
  if (code !== 'QUOTA_EXCEEDED')
    return new SandboxError('SANDBOX_CREATE', `Google Cloud did not create a VM: ${message}`);
  const quota = errorDetails?.find(({ quotaInfo }) => quotaInfo)?.quotaInfo;
  const name = quota?.limitName ?? /'(.+?)'/.exec(String(message))?.[1] ?? 'for VMs';
  const where = quota?.dimensions?.region ? ` of ${quota.dimensions.region}` : '';
  const limit = quota?.limit == null ? '' : ` (${quota.limit})`;
  const metric = quota?.metricName ? { metric: quota.metricName } : {};
  const query = new URLSearchParams({ project, service: 'compute.googleapis.com', ...metric });
  return new SandboxError('GCP_QUOTA', `The quota ${name}${where}${limit} is used up: ${message}`, {
    retryable: true,
    hint: `Lower --concurrency, or raise the quota: ${quotas}?${query}`,
  });
}
