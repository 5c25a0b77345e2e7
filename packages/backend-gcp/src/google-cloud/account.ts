import { ConfigError, getMessage } from '@cooperbench/core';
import { type AuthClient, GoogleAuth, PassThroughClient } from 'google-auth-library';

/** The options of a client of a Google API. */
export interface Connection {
  readonly projectId: string;
  readonly apiEndpoint?: string;
  readonly port?: number;
  readonly protocol?: 'http' | 'https';
  readonly authClient?: AuthClient;
}

/** A project, and how its APIs are reached. */
export interface Account {
  readonly project: string;
  /** gcloud's variable `CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICE` names another server. */
  connectionTo(service: 'compute' | 'batch' | 'storage'): Connection;
}

const hint = 'Run cooperbench config gcp.';

/**
 * Finds application-default credentials, and the project that is billed: by default that of the credentials or of gcloud.
 * @throws ConfigError `GCP_CREDENTIALS`, `GCP_PROJECT`.
 */
export async function openAccount(project?: string): Promise<Account> {
  // Google's own machines are known by their firmware. By default, the library asks the network for seconds.
  process.env.METADATA_SERVER_DETECTION ||= 'bios-only';
  const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloud-platform' });
  if (findServer('compute')?.protocol !== 'http:')
    await auth.getClient().catch((cause: unknown) => {
      throw new ConfigError(
        'GCP_CREDENTIALS',
        `There are no credentials for Google Cloud: ${extractMessage(cause)}`,
        { hint, cause },
      );
    });
  const projectIdPromise = project === undefined ? auth.getProjectId() : Promise.resolve(project);
  const projectId = await projectIdPromise.catch((cause: unknown) => {
    throw new ConfigError('GCP_PROJECT', `No project of Google Cloud is chosen: ${extractMessage(cause)}`, {
      hint,
      cause,
    });
  });
  return {
    project: projectId,
    connectionTo(service) {
      const server = findServer(service);
      if (!server) return { projectId };
      const location = { projectId, apiEndpoint: server.hostname };
      if (server.protocol === 'https:')
        return { ...location, port: Number(server.port || 443), protocol: 'https' };
      // A token never travels unencrypted.
      const authClient = new PassThroughClient();
      return { ...location, port: Number(server.port || 80), protocol: 'http', authClient };
    },
  };
}

function findServer(service: string): URL | undefined {
  const url = process.env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}`];
  return url ? new URL(url) : undefined;
}

/** Returns the client library's words, without its links. */
function extractMessage(error: unknown): string {
  const [firstLine = ''] = getMessage(error).split(/\n| Browse to /);
  return firstLine.trim();
}
