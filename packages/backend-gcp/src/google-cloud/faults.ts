import { type ProviderFaults, providerFaults } from '@cooperbench/backend-kit';
import { messageOf } from '@cooperbench/core';

/** Where an account sees its quotas, and asks for more. */
export const quotas = 'https://console.cloud.google.com/iam-admin/quotas';

/** What Google's clients add to an error, as far as it is read here. */
interface ErrorInfo {
  readonly reason?: string;
  readonly errorInfoMetadata?: Readonly<Record<string, string>>;
}

/** Explains the errors of Google's clients. */
export const faults: ProviderFaults = providerFaults({
  denied: {
    code: 'GCP_DENIED',
    message: 'Google Cloud denied access',
    hint: 'Run cooperbench config gcp to see which account is used. docs/guide/gcp.md lists the roles that it needs.',
  },
  limited: {
    code: 'GCP_LIMIT',
    message: 'Google Cloud has reached a limit',
    hint: `Lower --concurrency, or raise the quota: ${quotas}`,
  },
  unreachable: {
    code: 'GCP_UNREACHABLE',
    message: 'Google Cloud does not answer',
    hint: 'Check the network and status.cloud.google.com, then repeat the command: it resumes.',
  },
  refused: { code: 'GCP_REFUSED', message: 'Google Cloud refused' },
  /** Without the history of attempts that the client adds. */
  saidBy(error) {
    const [said = ''] = messageOf(error).split(/ +(?:before any response was received|: Previous errors)/);
    return said.replace(/^Total timeout of API .*? retrying error Error: /, '').trim();
  },
  known(error) {
    const { reason, errorInfoMetadata: about = {} } = error as ErrorInfo;
    if (reason !== 'SERVICE_DISABLED') return undefined;
    const service = about.service ?? 'The API';
    const link = about.activationUrl ?? `https://console.cloud.google.com/apis/library/${service}`;
    const project = about.consumer?.replace('projects/', '') ?? '';
    return {
      code: 'GCP_API_DISABLED',
      message: `${service} is not enabled for the project ${project}.`,
      hint: `Enable it: ${link}`,
    };
  },
});
