/** Support for tests of agents. */
export * from './echo-framework.ts';
export * from './framework-pair.ts';
export * from './framework-subject.ts';
export * from './installable-task.ts';
export * from './scripted-provider.ts';
export * from './tunnel-cases.ts';
export { reasoningSignature, type ScriptedReply, scriptedAnswer, scriptedFailure } from './wire.ts';
