import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@cooperbench/core';
import { type Environment, findFirstSet, type ResolvedModel } from './resolve.ts';

/** The place in Google Cloud where a Vertex AI model runs. */
export interface VertexProject {
  readonly project: string;
  readonly location: string;
}

const projects = ['VERTEXAI_PROJECT', 'VERTEX_PROJECT', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_VERTEX_PROJECT'];
const locations = ['VERTEXAI_LOCATION', 'VERTEX_LOCATION', 'GOOGLE_CLOUD_LOCATION', 'GOOGLE_VERTEX_LOCATION'];
const credentials = 'GOOGLE_APPLICATION_CREDENTIALS';

export const credentialVariables: readonly string[] = [credentials, 'VERTEXAI_PROJECT'];

/** Types of credentials files that are self-contained. Others name files and addresses that Google's library reads and calls. */
const selfContained: readonly unknown[] = ['service_account', 'authorized_user'];

/**
 * Finds project and location in the environment. If the environment has no project, takes it from the credentials file. The
 * default location is `global`, the only one that serves preview models.
 * @param fromDotEnv variables that `.env` set.
 * @throws ConfigError `MODEL_KEY_MISSING` when there are no credentials or no project, `MODEL_LOCATION`,
 * `MODEL_KEY_WITHHELD` for credentials that a `.env` must not choose.
 */
export async function resolveVertexProject(
  model: ResolvedModel,
  env: Environment,
  hasKey: boolean,
  fromDotEnv: readonly string[] = [],
): Promise<VertexProject> {
  const file = hasKey ? {} : await readApplicationCredentials(model, env);
  if (!hasKey && fromDotEnv.includes(credentials) && !selfContained.includes(file.type))
    throw new ConfigError(
      'MODEL_KEY_WITHHELD',
      `${credentials} comes from .env, and its file has the type ${JSON.stringify(file.type)}, which can name other files to send away.`,
      { hint: `If you trust it, set ${credentials} in the environment.` },
    );
  const project = findFirstSet(projects, env) ?? file.project_id ?? file.quota_project_id;
  if (!project)
    throw new ConfigError('MODEL_KEY_MISSING', `The model "${model.id}" needs a Google Cloud project.`, {
      hint: 'Set VERTEXAI_PROJECT or GOOGLE_CLOUD_PROJECT.',
    });
  const location = findFirstSet(locations, env) ?? 'global';
  // Both become parts of the address that receives Google's token.
  for (const [part, name] of Object.entries({ project, location }))
    if (!/^[\w:.-]+$/.test(name) || (part === 'location' && !/^[a-z0-9-]+$/.test(name)))
      throw new ConfigError('MODEL_LOCATION', `"${name}" is not a Google Cloud ${part}.`, {
        hint: `Check ${(part === 'location' ? locations : projects).join(', ')}.`,
      });
  return { project, location };
}

interface CredentialsFile {
  readonly type?: string;
  readonly project_id?: string;
  readonly quota_project_id?: string;
}

async function readApplicationCredentials(model: ResolvedModel, env: Environment): Promise<CredentialsFile> {
  const createMissingError = (reason: string): ConfigError =>
    new ConfigError(
      'MODEL_KEY_MISSING',
      `The model "${model.id}" needs Google Cloud credentials, ${reason}.`,
      {
        hint:
          `Set ${credentials} to a key file, or run \`gcloud auth application-default login\`.` +
          (model.name.startsWith('gemini')
            ? ` With a Gemini API key, use the model gemini/${model.name}.`
            : ''),
      },
    );
  const credentialsPath = env[credentials]?.trim();
  const path =
    credentialsPath ||
    join(env.HOME ?? homedir(), '.config', 'gcloud', 'application_default_credentials.json');
  if (!credentialsPath && !existsSync(path)) {
    // Machines in Google Cloud need no file, because their metadata server issues tokens.
    const { gcpMetadata } = await import('google-auth-library');
    if (env.GCE_METADATA_HOST || gcpMetadata.getGCPResidency()) return {};
    throw createMissingError('and none were found');
  }
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as CredentialsFile;
  } catch {
    // Drops the cause, because a JSON error quotes the text, which may contain the key.
    throw createMissingError(`and ${path} cannot be read as JSON`);
  }
}
