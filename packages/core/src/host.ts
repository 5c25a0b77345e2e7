/** For packages that open plugins and give them what they ask for: those that run trials, test plugins or list them. */
export { builtins } from './builtins/index.ts';
export { createMemoryBus } from './builtins/memory-bus.ts';
export { coop, solo } from './builtins/settings.ts';
export * from './collaboration/channel-fault.ts';
export { findRefused, withFaults } from './collaboration/faulty-channel.ts';
export type { ChannelFaults } from './collaboration/faulty-queue.ts';
export { gitChannel } from './collaboration/git/git-channel.ts';
export { messagesChannel } from './collaboration/messages/messages-channel.ts';
export { Relay } from './collaboration/relay.ts';
export { maxBytes as maxAnswerBytes } from './collaboration/relay-program.ts';
export { type NamedChannel, TrialChannels } from './collaboration/trial-channels.ts';
export { explainSharedLimit, explainSystemError } from './contracts/system-errors.ts';
export { isFileSpecificError, readPieces, readWholeFile } from './machine/read-file.ts';
export * from './plugins/call-plugin.ts';
export { coreVersion } from './plugins/core-version.ts';
export { guardBackend } from './plugins/guard-backend.ts';
export { guardBus } from './plugins/guard-bus.ts';
export type { Kind, Service } from './plugins/kinds.ts';
export { findMetricsFault } from './plugins/metrics-fault.ts';
export * from './plugins/open-backends.ts';
export { findPhaseFault, maxPhases } from './plugins/phase-fault.ts';
export * from './plugins/plugin-fault.ts';
export type { UserOptions } from './plugins/plugin-host.ts';
export {
  apiVersions,
  type FindPackage,
  type LeftOutPlugin,
  type OtherPlugins,
  Registry,
} from './plugins/registry.ts';
export { resolveNameConflicts } from './plugins/resolve-name-conflicts.ts';
export { findSeatFault } from './plugins/seat-fault.ts';
export * from './plugins/time-limits.ts';
export { CapacityGate, type SandboxRequest } from './sandbox/capacity.ts';
export * from './sandbox/network-policy.ts';
export { createNetworkedBackend } from './sandbox/networked-backend.ts';
export { jobRunner } from './sandbox/run-jobs.ts';
export { buildSpec, computeLargestNeeds } from './sandbox/spec.ts';
export { looksSecret, maskSecrets, maskSecretText } from './validation/mask-secrets.ts';
export { suggestId } from './validation/nearest.ts';
export { listValidationErrors, type ValidationError } from './validation/validate.ts';
