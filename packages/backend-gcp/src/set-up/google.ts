import { readAnswer } from '@cooperbench/core';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import { GoogleAuth } from 'google-auth-library';
import { buildBucket } from '../google-cloud/batch/session-bucket.ts';

/** Google's REST APIs with the user's credentials. */
export interface Google {
  /**
   * Sends a GET request, or a POST request with a body. Returns undefined if there is no such thing. @throws ConfigError
   * `GCP_API_DISABLED`, `GCP_CREDENTIALS`, `GCP_SETUP`.
   */
  ask(service: Service, path: string, signal: AbortSignal, body?: object): Promise<Answer | undefined>;
}

type Answer = Readonly<Record<string, unknown>>;

type Service = 'compute' | 'batch' | 'storage';

/** Returns the server of a service. Like gcloud, respects a variable that names another server. */
function getServer(service: Service): string {
  const endpointOverride = process.env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}`];
  return endpointOverride ? new URL(endpointOverride).origin : `https://${service}.googleapis.com`;
}

/** Finds the user's credentials. @throws the library's error when there are none. */
export async function openGoogle(): Promise<Google> {
  // Google's own machines are known by their firmware. By default, the library asks the network for seconds.
  process.env.METADATA_SERVER_DETECTION ||= 'bios-only';
  const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloud-platform' });
  const client = await auth.getClient();
  return {
    async ask(service, path, signal, requestBody) {
      const url = new URL(path, getServer(service));
      // Never sends a token unencrypted.
      const getToken = async (): Promise<Headers> =>
        client.getRequestHeaders(url.href).catch((error: unknown) => {
          throw createLoginFault(error);
        });
      const headers = new Headers(url.protocol === 'https:' ? await getToken() : {});
      if (requestBody) headers.set('content-type', 'application/json');
      const request = {
        headers,
        signal,
        ...(requestBody && { method: 'POST', body: JSON.stringify(requestBody) }),
      };
      const response = await fetch(url, request).catch((error: unknown) => {
        signal.throwIfAborted();
        throw createGoogleError(service, getMessage((error as Error).cause ?? error));
      });
      const text = await readAnswer(response.body).catch((error: unknown) => {
        signal.throwIfAborted();
        throw createGoogleError(service, getMessage(error));
      });
      const body = parseBody(text);
      if (response.ok) return body as Answer;
      // What should be created in a place that does not exist was not created.
      if (response.status === 404 && !requestBody) return undefined;
      const { message = response.statusText, details = [] } = body.error ?? {};
      const disabled = details.find(({ reason }) => reason === 'SERVICE_DISABLED');
      const consoleUrl = message.match(/https:\/\/console\.\S+?(?=[\s,]|$)/)?.[0];
      if (disabled || /accessNotConfigured/.test(JSON.stringify(body)))
        throw new ConfigError(
          'GCP_API_DISABLED',
          `${service}.googleapis.com is not enabled for the project.`,
          {
            hint: `Enable it: ${disabled?.metadata?.activationUrl ?? consoleUrl ?? `https://console.cloud.google.com/apis/library/${service}.googleapis.com`}`,
          },
        );
      throw createGoogleError(service, message);
    },
  };
}

/**
 * Returns why Google gives no token. It answers `invalid_grant` to a login that has expired or was revoked (RFC 6749, section
 * 5.2).
 */
export function createLoginFault(cause: unknown): ConfigError {
  const causeMessage = getMessage(cause);
  if (
    /\binvalid_(grant|rapt)\b/.test(
      causeMessage + JSON.stringify((cause as { response?: { data?: unknown } }).response?.data),
    )
  )
    return new ConfigError('GCP_CREDENTIALS', `Google no longer accepts the credentials: ${causeMessage}`, {
      hint: 'Run gcloud auth application-default login, then repeat the command.',
      cause,
    });
  return new ConfigError('GCP_SETUP', `Google does not answer the request for a token: ${causeMessage}`, {
    hint: 'Check the network, then repeat the command.',
    cause,
  });
}

function parseBody(bytes: Buffer): Body {
  try {
    return JSON.parse(bytes.toString()) as Body;
  } catch {
    return {};
  }
}

interface Body {
  readonly error?: {
    readonly message?: string;
    readonly details?: readonly {
      readonly reason?: string;
      readonly metadata?: { readonly activationUrl?: string };
    }[];
  };
}

function createGoogleError(service: Service, reason: string): ConfigError {
  return new ConfigError('GCP_SETUP', `${service}.googleapis.com does not answer as it should: ${reason}`, {
    hint: 'Check the project and the roles of the account. docs/guide/gcp.md lists them.',
  });
}

/** Returns the names of the zones that a project can use. */
export async function readZones(google: Google, project: string, signal: AbortSignal): Promise<string[]> {
  const path = `/compute/v1/projects/${encodeURIComponent(project)}/zones`;
  const response = await google.ask('compute', path, signal);
  if (!response)
    throw createGoogleError(
      'compute',
      `The project ${project} does not exist, or the account may not see it.`,
    );
  return ((response.items ?? []) as { name: string }[]).map(({ name }) => name);
}

/**
 * Calls Batch and Cloud Storage once, for a bucket only: without one, the account needs no rights there. Compute Engine has
 * answered before. Creates the bucket if it does not exist.
 */
export async function checkApis(
  google: Google,
  { project, region, bucket }: { readonly project: string; readonly region: string; readonly bucket: string },
  printLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  printLine('compute.googleapis.com answers.');
  if (bucket === 'none') return;
  const [id, place] = [encodeURIComponent(project), encodeURIComponent(region)];
  const jobs = `/v1/projects/${id}/locations/${place}/jobs?pageSize=1`;
  if (!(await google.ask('batch', jobs, signal)))
    throw createGoogleError('batch', `It has no region ${region}.`);
  printLine('batch.googleapis.com answers.');
  const buckets = `/storage/v1/b?project=${id}`;
  const bucketResource = await google.ask(
    'storage',
    `/storage/v1/b/${encodeURIComponent(bucket)}/o?maxResults=1`,
    signal,
  );
  printLine('storage.googleapis.com answers.');
  if (bucketResource) return;
  if (!(await google.ask('storage', buckets, signal, { name: bucket, ...buildBucket(region) })))
    throw createGoogleError('storage', `It has no project ${project} for the bucket ${bucket}.`);
  printLine(`Created the bucket ${bucket} in ${region}.`);
}
