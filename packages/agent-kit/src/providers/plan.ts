import {
  listKeyVariables,
  type ModelAccess,
  type ModelEndpoint,
  type ModelPrice,
  removePassword,
} from '@cooperbench/core';
import { resolveEndpoint } from './endpoint.ts';
import { credentialVariables, resolveVertexProject, type VertexProject } from './google-cloud.ts';
import { buildStatedPrice, findPublishedPrice, type Price } from './price.ts';
import { type Environment, type ResolvedModel, resolveModel } from './resolve.ts';

/** Everything about a model that can be known before it is called. */
export interface ModelPlan {
  readonly model: ResolvedModel;
  readonly endpoint: ModelEndpoint;
  /** Only for Vertex AI. */
  readonly vertex: VertexProject | undefined;
  /** It is undefined if the price is not known. */
  readonly price: Price | undefined;
  /** Environment variables that may contain the model's credentials. */
  readonly variables: readonly string[];
}

/**
 * Resolves the provider, address, key and price of a model. Sends no request and imports no provider's SDK. Uses the price that
 * the user states for the model, or else `price`, or else the published price.
 * @throws ConfigError when the provider is unknown, or its key or address is missing.
 */
export async function planModel(
  access: ModelAccess,
  price: ModelPrice | undefined,
  env: Environment,
): Promise<ModelPlan> {
  const model = resolveModel(access.model, env);
  const endpoint = resolveEndpoint(model, env, access);
  const onVertex = model.row.protocol === 'vertex';
  const userPrice = access.price ?? price;
  return {
    model,
    endpoint,
    vertex: onVertex
      ? await resolveVertexProject(model, env, endpoint.key !== undefined, access.chosenByProject?.variables)
      : undefined,
    price: userPrice ? buildStatedPrice(userPrice) : await findPublishedPrice(model),
    variables: onVertex ? credentialVariables : listKeyVariables(access, model.row),
  };
}

/** Tells the user where requests go, and with which key. */
export function formatEndpointNotice({ endpoint, vertex }: ModelPlan): string {
  const { baseUrl, keyVariable } = endpoint;
  const place = vertex ? `Vertex AI (project ${vertex.project}, ${vertex.location})` : 'the provider';
  const key = keyVariable ? `the key in ${keyVariable}` : vertex ? 'Google Cloud credentials' : 'no key';
  return `Model requests go to ${baseUrl === undefined ? place : removePassword(baseUrl)} with ${key}.`;
}

/** Tells the user that the price of a model is not known. */
export function formatPriceNotice(model: string): string {
  return `The price of ${model} is not known: its cost is not counted. State it in USD per million tokens, --price ${model}=INPUT,OUTPUT.`;
}
