/** Providers, keys, addresses, prices and refusals of models. Importing it loads no SDK. */
export type { VertexProject } from './google-cloud.ts';
export { toModelError } from './model-error.ts';
export {
  formatEndpointNotice,
  formatPriceNotice,
  type ModelPlan,
  planModel,
} from './plan.ts';
export type { Price } from './price.ts';
export { checkReachable } from './reachable.ts';
export { createRefusal, findMessageIn, type RefusalReason } from './refusal.ts';
export { interpretRefusal, type Meaning, type RefusalRow, refusals } from './refusals.ts';
export type { Environment, ResolvedModel } from './resolve.ts';
export { retryAfterMs } from './retry-after.ts';
export { apis, type Protocol, type ProviderRow, providers } from './table.ts';
