import { ConfigError, suggest } from '@cooperbench/core';
import { type ProviderRow, providers } from './table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Finds the value of the first variable that is set and not blank. */
export function findFirstSet(variables: readonly string[], env: Environment): string | undefined {
  return variables.map((name) => env[name]?.trim()).find(Boolean);
}

export interface ResolvedModel {
  /** The id that the user wrote. */
  readonly id: string;
  readonly provider: string;
  readonly row: ProviderRow;
  /** The name of the model in the provider's API. */
  readonly name: string;
}

/**
 * Finds the provider of a LiteLLM-style id. Bare names resolve as in LiteLLM, except that a bare `gemini-…` uses the Gemini
 * API when its key is set, and Vertex AI otherwise.
 * @throws ConfigError `UNKNOWN_MODEL_PROVIDER`.
 */
export function resolveModel(id: string, env: Environment): ResolvedModel {
  const slash = id.indexOf('/');
  const provider = slash > 0 ? id.slice(0, slash) : findProvider(id, env);
  const names = Object.keys(providers);
  if (provider === undefined)
    throw new ConfigError('UNKNOWN_MODEL_PROVIDER', `No provider is known for the model "${id}".`, {
      hint: `Write it as PROVIDER/MODEL, with one of: ${names.join(', ')}.`,
    });
  const row = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  const name = id.slice(slash + 1);
  if (row === undefined || name === '')
    throw new ConfigError(
      'UNKNOWN_MODEL_PROVIDER',
      `The model "${id}" does not name a known provider and a model.`,
      { hint: suggest(provider, names) },
    );
  const prefixed = row.modelPrefix !== undefined && !name.includes('/') ? row.modelPrefix + name : name;
  return { id, provider, row, name: prefixed };
}

function findProvider(name: string, env: Environment): string | undefined {
  if (name.startsWith('gemini-'))
    return findFirstSet(providers.gemini?.keys ?? [], env) === undefined ? 'vertex_ai' : 'gemini';
  if (/^((ft:)?gpt-|chatgpt-|codex-|o[134])/.test(name)) return 'openai';
  return name.startsWith('claude-') ? 'anthropic' : undefined;
}
