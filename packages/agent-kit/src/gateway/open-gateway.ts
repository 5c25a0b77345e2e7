import { ConfigError } from '@cooperbench/core';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { SeatGateway } from './seat-gateway.ts';

/** Opens the gateway of a seat. @throws ConfigError `GATEWAY_VERTEX` for a model on Vertex AI, which is not supported. */
export function openGateway(options: GatewayOptions): Gateway {
  const { model } = options.plan;
  if (model.row.protocol === 'vertex')
    throw new ConfigError(
      'GATEWAY_VERTEX',
      `The model "${model.id}" is on Vertex AI, which frameworks inside a sandbox cannot call.`,
      { hint: `Use gemini/${model.name} with a Gemini API key, or another provider.` },
    );
  return new SeatGateway(options);
}
