export { type AccountCase, type AccountSubject, accountCases, checkAccount } from './account-cases.ts';
export {
  type AgentAbility,
  type AgentCase,
  type AgentSubject,
  type AgentTurn,
  type AgentUnderTest,
  agentContract,
  agentContractInPair,
} from './agent-contract.ts';
export { backendContract } from './backend-contract.ts';
export { backendFaults, type Fault } from './backend-faults.ts';
export { type BackendCase, type BackendSubject, sharingSubject } from './backend-subject.ts';
export { type BusCase, busContract } from './bus-contract.ts';
export { type ChannelCase, type ChannelSubject, channelContract, noChannels } from './channel-contract.ts';
export { type EndlessServer, endlessServer } from './endless-server.ts';
export { evaluationContext, type FakeEvaluation, type FakeEvaluationContext } from './evaluation-context.ts';
export { type EvaluatorCase, type EvaluatorSubject, evaluatorContract } from './evaluator-contract.ts';
export { expectLinearTime } from './expect-linear-time.ts';
export { type FakeSeat, fakeInbox, fakeSeat } from './fake-seat.ts';
export {
  brokenBackend,
  type FaultyMethods,
  faultyBackend,
  type MachineFault,
  type MethodFault,
  withFaults,
} from './faulty-methods.ts';
export { hostBackend } from './host-backend.ts';
export { hostSandbox } from './host-sandbox.ts';
export { createHostileAgent } from './hostile-agent.ts';
export { withKnownFailures } from './known-failures.ts';
export {
  buildLimitedBackend,
  type LimitedBackend,
  type ProviderLimits,
} from './limited-backend.ts';
export { type MergePolicyCase, mergePolicyContract } from './merge-policy-contract.ts';
export { type DatasetIndex, layOutDataset, publicDataset } from './public-dataset.ts';
export { findRefusal } from './refusal.ts';
export { type ScriptedAnswer, type ScriptedModel, scriptedModel } from './scripted-model.ts';
export { type SettingCase, settingContract } from './setting-contract.ts';
export { shellSubmissions } from './shell-submissions.ts';
export {
  addLine,
  formatNewFilePatch,
  passingCheck,
  type ShellTask,
  shellTask,
} from './shell-task.ts';
export { type SimulatedRun, writeSimulatedRun } from './simulated-run/run.ts';
export { slowness } from './slowness.ts';
export { type ProgramRun, runInShell, type TestShell, testShells } from './test-shells.ts';
