import type { SandboxError } from '@cooperbench/core';
import { FakeCompute, type Refusal } from '@cooperbench/test-support/gcp/fake-compute';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GcpBackend } from './gcp-backend.ts';

let fake: FakeCompute;
let backend: GcpBackend;

beforeEach(async () => {
  fake = await FakeCompute.start();
  for (const [name, value] of Object.entries(fake.environment)) vi.stubEnv(name, value);
  backend = new GcpBackend({ ...fake.options, zones: 'us-central1-a,us-central1-b' });
});

afterEach(async () => {
  await backend[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

const create = (): Promise<SandboxError> =>
  backend
    .create({
      ...{ name: 'one', labels: {}, image: 'registry.test/task:1', taskDir: '/no/such/task' },
      ...{ untrusted: true, lifetimeMs: 60_000 },
    })
    .then(
      () => expect.fail('nothing was thrown'),
      (error: SandboxError) => error,
    );

/** What the real service answered, with the place where its words were seen. */
const submissions: readonly [
  name: string,
  refusal: Refusal,
  code: string,
  isFor: 'capacity' | 'rate' | boolean,
][] = [
  [
    // https://github.com/openonion/connectonion/issues/713, with the reason of
    // https://github.com/cloudfoundry/bosh-google-cpi-release/issues/168
    'a quota',
    {
      status: 403,
      olderReason: 'quotaExceeded',
      message: "Quota 'IN_USE_ADDRESSES' exceeded. Limit: 4.0 in region australia-southeast1.",
    },
    'GCP_QUOTA',
    'capacity',
  ],
  [
    // The same with the limit of an account that never asked for more
    'a quota of 0',
    {
      status: 403,
      olderReason: 'quotaExceeded',
      message: "Quota 'IN_USE_ADDRESSES' exceeded. Limit: 0.0 in region australia-southeast1.",
    },
    'GCP_QUOTA',
    false,
  ],
  [
    // https://github.com/hashicorp/terraform-provider-google/issues/8360
    'an older limit of calls',
    {
      status: 403,
      olderReason: 'rateLimitExceeded',
      message:
        "Quota exceeded for quota group 'ReadGroup' and limit 'Read requests per user per 100 seconds' of service 'compute.googleapis.com' for consumer 'project_number:123456'.",
    },
    'GCP_LIMIT',
    'rate',
  ],
  [
    // The reason and the words of https://github.com/DefangLabs/defang/issues/1268, with Compute Engine's status
    'a limit of calls',
    {
      status: 403,
      reason: 'RATE_LIMIT_EXCEEDED',
      message: "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute'",
    },
    'GCP_LIMIT',
    'rate',
  ],
  [
    // https://github.com/GoogleCloudPlatform/php-docs-samples/issues/1235
    'a project without billing',
    {
      status: 403,
      reason: 'BILLING_DISABLED',
      message: 'This API method requires billing to be enabled. Please enable billing on project #123',
      metadata: { service: 'compute.googleapis.com', consumer: 'projects/123' },
    },
    'GCP_BILLING',
    false,
  ],
  [
    // https://github.com/GoogleCloudPlatform/java-docs-samples/issues/276
    'a project whose billing ended',
    {
      status: 403,
      olderReason: 'forbidden',
      message: 'Project charming-module-137923 (#808448574146) has billing disabled. Please enable it.',
    },
    'GCP_BILLING',
    false,
  ],
  [
    // https://github.com/GoogleCloudPlatform/gke-migration-to-containers/issues/63
    'a resource that is not ready',
    {
      status: 400,
      olderReason: 'resourceNotReady',
      message: "The resource 'projects/p/regions/us-central1/subnetworks/default' is not ready",
    },
    'GCP_NOT_READY',
    true,
  ],
  [
    'a role that is missing',
    {
      status: 403,
      olderReason: 'forbidden',
      message: "Required 'compute.instances.create' permission for 'projects/p/zones/z/instances/i'",
    },
    'GCP_DENIED',
    false,
  ],
];

/** What the user can do, by code. */
const hints: Readonly<Record<string, string | RegExp>> = {
  GCP_QUOTA: /^Lower --concurrency, or raise the quota: https:.*service=compute\.googleapis\.com$/,
  GCP_LIMIT: /^Lower --concurrency, or raise the quota: https:/,
  GCP_BILLING: /^Link one: https:\/\/console\.cloud\.google\.com\/billing\/linkedaccount(\?project=123)?$/,
  GCP_DENIED: /^Run cooperbench config gcp to see which account is used\./,
};

test.for(submissions)('%s is told apart at submission, with what to do', async ([, refusal, code, isFor]) => {
  fake.refusals.push({ method: 'POST instances', refusal, times: 1 });
  const error = await create();
  expect(error.hint ?? '').toMatch(hints[code] ?? /^$/);
  expect(error).toMatchObject({
    code,
    retryable: isFor !== false,
    capacity: { capacity: {}, rate: { isRate: true } }[String(isFor)],
    message: expect.stringContaining(refusal.message),
  });
});

test('a zone that is full already at submission is passed over', async () => {
  // https://github.com/GoogleCloudPlatform/compute-image-tools/issues/1960
  const message =
    "The zone 'projects/p/zones/us-central1-a' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.";
  const refusal = { status: 400, message };
  fake.refusals.push({ method: 'POST instances', refusal, times: 2 });
  expect(await create()).toMatchObject({
    code: 'MACHINE_CAPACITY',
    capacity: {},
    message: `Google Cloud has no room for a machine in us-central1-a, us-central1-b now: ${message}`,
  });
  expect(fake.calls.get('POST instances')).toBe(2);
});

test.for([
  ['RESOURCE_NOT_READY', "The resource 'projects/p/zones/z/instances/i' is not ready", 'GCP_NOT_READY'],
  [
    'INTERNAL_ERROR',
    "Internal error. Please try again or contact Google Support. (Code: '1')",
    'GCP_UNREACHABLE',
  ],
  ['RESOURCE_OPERATION_RATE_EXCEEDED', 'Operation rate exceeded for resource i.', 'GCP_LIMIT'],
] as const)('an operation that fails by %s is tried again', async ([code, message, known]) => {
  fake.insertErrors.set('us-central1-a', { code, message });
  expect(await create()).toMatchObject({ code: known, retryable: true });
});
