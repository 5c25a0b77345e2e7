import { type Fault, type ProviderFaults, providerFaults } from '@cooperbench/backend-kit';
import { getMessage } from '@cooperbench/core';

/** Where an account sees its quotas, and asks for more. */
export const quotas = 'https://console.cloud.google.com/iam-admin/quotas';

/** The fields that Google's clients add to an error and that this module reads. */
interface GoogleError {
  readonly reason?: string;
  readonly errorInfoMetadata?: Readonly<Record<string, string>>;
  readonly quota?: QuotaInfo | undefined;
}

interface QuotaInfo {
  readonly limitName?: string | null;
  readonly limit?: number | null;
  readonly metricName?: string | null;
  readonly dimensions?: Readonly<Record<string, string>> | null;
}

/**
 * Why Google refused, by the reason that an error has, or by its words: a client gets only the words of an error that has
 * the older kind of reason, as those of Compute Engine have. Quotas, limits and billing arrive as 403, like a missing role.
 */
const refusals = [
  ['disabled', /^(SERVICE_DISABLED|accessNotConfigured)$/, /^$/],
  [
    'billing',
    /^BILLING_DISABLED$/,
    /requires billing to be enabled|billing (is |account .*)?disabled|billing disabled/i,
  ],
  ['full', /_POOL_EXHAUSTED/, /does not have enough resources available/],
  [
    'rate',
    /rate_?limit_?exceeded|OPERATION_?RATE_?EXCEEDED/i,
    /^(Quota exceeded for quota|rate limit exceeded)/i,
  ],
  ['quota', /^(QUOTA_EXCEEDED|quotaExceeded)$/, /^Quota '[\w-]+' exceeded|^Insufficient .*quota to satisfy/],
  ['notReady', /^(RESOURCE_NOT_READY|resourceNotReady)$/, /^The resource '\S+' is not ready$/],
  ['internal', /^INTERNAL_ERROR$/, /^$/],
] as const;

const limited = {
  code: 'GCP_LIMIT',
  message: 'Google Cloud has reached a limit',
  hint: `Lower --concurrency, or raise the quota: ${quotas}`,
};
const unreachable = {
  code: 'GCP_UNREACHABLE',
  message: 'Google Cloud does not answer',
  hint: 'Check the network and status.cloud.google.com, then repeat the command.',
};

/** Explains the errors of Google's clients. */
export const faults: ProviderFaults = providerFaults({
  denied: {
    code: 'GCP_DENIED',
    message: 'Google Cloud denied access',
    hint: 'Run cooperbench config gcp to see which account is used. docs/guide/gcp.md lists the roles that it needs.',
  },
  limited,
  unreachable,
  refused: { code: 'GCP_REFUSED', message: 'Google Cloud refused' },
  messageFrom: extractMessage,
  known(error) {
    const { reason = '', errorInfoMetadata: metadata = {}, quota } = error as GoogleError;
    const message = extractMessage(error);
    const [kind] = refusals.find(([, reasons, words]) => reasons.test(reason) || words.test(message)) ?? [];
    const project = metadata.consumer?.replace('projects/', '') ?? '';
    switch (kind) {
      case 'disabled':
        return createDisabledFault(metadata.service ?? 'The API', project, metadata.activationUrl);
      case 'billing':
        return {
          code: 'GCP_BILLING',
          message: `The project has no billing account: ${message}`,
          hint: `Link one: https://console.cloud.google.com/billing/linkedaccount${project && `?project=${project}`}`,
        };
      case 'full':
        return {
          code: 'MACHINE_CAPACITY',
          message,
          hint: 'Try again later, or set gcp.zones or gcp.machineType to others.',
          capacity: {},
        };
      case 'rate':
        return { ...limited, message: `${limited.message}: ${message}`, capacity: { isRate: true } };
      case 'quota':
        return createQuotaFault(quota, message, project);
      case 'notReady':
        return {
          code: 'GCP_NOT_READY',
          message: `Google Cloud still changes something: ${message}`,
          retryable: true,
        };
      case 'internal':
        return { ...unreachable, message: `Google Cloud failed: ${message}`, retryable: true };
      default:
        return undefined;
    }
  },
});

/** Returns the message without the history of attempts that the client adds. */
function extractMessage(error: unknown): string {
  const [firstPart = ''] = getMessage(error).split(
    / +(?:before any response was received|: Previous errors)/,
  );
  return firstPart.replace(/^Total timeout of API .*? retrying error Error: /, '').trim();
}

function createDisabledFault(service: string, project: string, activationUrl?: string): Fault {
  const link = activationUrl ?? `https://console.cloud.google.com/apis/library/${service}`;
  return {
    code: 'GCP_API_DISABLED',
    message: `${service} is not enabled for the project ${project}.`,
    hint: `Enable it: ${link}`,
  };
}

function createQuotaFault(quota: QuotaInfo | undefined, message: string, project: string): Fault {
  const name = quota?.limitName ?? /'([\w-]+)'|"([\w-]+)"/.exec(message)?.slice(1).join('') ?? 'for VMs';
  const regionText = quota?.dimensions?.region ? ` of ${quota.dimensions.region}` : '';
  const limit = quota?.limit == null ? '' : ` (${quota.limit})`;
  const metric = quota?.metricName ? { metric: quota.metricName } : {};
  const query = new URLSearchParams({
    ...(project && { project }),
    ...{ service: 'compute.googleapis.com', ...metric },
  });
  return {
    code: 'GCP_QUOTA',
    message: `The quota ${name}${regionText}${limit} is used up: ${message}`,
    // No wait helps an account whose quota is 0.
    capacity: quota?.limit === 0 || /Limit: 0(\.0)?\b/.test(message) ? undefined : {},
    hint: `Lower --concurrency, or raise the quota: ${quotas}?${query}`,
  };
}
