/** Tools for agents whose framework runs inside the sandbox. */

export { parseSettings, readAgentConfig } from './adapter/agent-config.ts';
export { Framework, failedWork, type StartOptions } from './adapter/framework.ts';
export { frameworkAgent, type SandboxFramework } from './adapter/framework-agent.ts';
export { seatInstructions } from './adapter/instructions.ts';
export { JsonRpcClient, type RpcNotification } from './adapter/json-rpc.ts';
export { type Push, pushNotes } from './adapter/push.ts';
export { message } from './adapter/trajectory.ts';
export { type SandboxWork, type SandboxWorkOptions, workInSandbox } from './adapter/work-in-sandbox.ts';
export { type OpenModel, type OpenModelOptions, openModel } from './evaluation/open-model.ts';
export type { Question } from './evaluation/wire.ts';
export { type FormatName, formats, type Json } from './gateway/formats.ts';
export type { Gateway, GatewayOptions } from './gateway/gateway.ts';
export { openGateway } from './gateway/open-gateway.ts';
export { type ProviderFeature, providerFeatures } from './gateway/provider-features.ts';
export type { Failure } from './gateway/refusal.ts';
export { type HostLimits, hostLimits } from './limits.ts';
export * from './tunnel/index.ts';
