import type { CooperBenchError } from '@cooperbench/core';
import type * as protos from '@google-cloud/compute/build/protos/protos.js';
import { faults } from './google-cloud/index.ts';

/** Returns why Compute Engine did not carry out an operation. */
export function createOperationFault(
  { code, message, errorDetails }: protos.google.cloud.compute.v1.IErrors,
  project: string,
): CooperBenchError {
  const cause = Object.assign(new Error(String(message)), {
    reason: code,
    quota: errorDetails?.find(({ quotaInfo }) => quotaInfo)?.quotaInfo,
    errorInfoMetadata: { consumer: `projects/${project}` },
  });
  return faults.inRun(cause, 'SANDBOX_CREATE', 'Google Cloud did not create a VM');
}
