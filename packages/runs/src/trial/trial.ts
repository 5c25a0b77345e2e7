import type {
  ActualNetwork,
  Agent,
  Backend,
  FeatureSet,
  Layer,
  MessageBus,
  ModelAccess,
  NetworkPolicy,
  SeatLimits,
  SeatPlan,
  Setting,
} from '@cooperbench/core';
import type { CapacityGate, ConnectRegistries, NamedChannel, TimeLimits } from '@cooperbench/core/host';
import type { Ledger, ResultFile } from '@cooperbench/records';
import type { EventStream } from './event-stream.ts';
import type { PatchFile } from './patch-file.ts';
import type { RunLosses } from './run-losses.ts';
import type { SeatRecord } from './seat-record.ts';

/** What a seat does in a phase of its setting. */
export interface SeatPhase {
  readonly name: string;
  readonly task: string;
  /** The changes that its work tree begins with. It is undefined if there are none. */
  readonly changes: PatchFile | undefined;
  readonly handsOver: readonly string[];
  /** Paths that never belong to a patch: all that was handed over so far. */
  readonly noPatchPaths: readonly string[];
  readonly keepsChanges: boolean;
}

/** A seat that runs: its agent, model and backend, and what it has done so far. */
export interface RunningSeat {
  readonly plan: SeatPlan;
  readonly agentName: string;
  readonly agent: Agent;
  /** Begins error messages about the agent, such as `The agent "foo" of plugin bar`. */
  readonly title: string;
  /** The agent reads golden patches. */
  readonly readsDataset: boolean;
  /** A model's commands run in the seat's sandbox. */
  readonly untrusted: boolean;
  readonly access: ModelAccess;
  /** The model of `access`. It is null if the agent uses none. */
  readonly model: string | null;
  readonly limits: SeatLimits;
  /** The user limits the cost, so a cost that is not known stops the run. */
  readonly costMustBeKnown: boolean;
  readonly timeoutMs: number;
  readonly backend: Backend;
  /** Begins error messages about the backend. */
  readonly backendTitle: string;
  /** It is undefined if the setting has no phases. */
  readonly phase?: SeatPhase;
  /** Software that the agent needs in its sandbox. */
  readonly layers?: readonly Layer[] | undefined;
  readonly record: SeatRecord;
}

/** One execution of a set of features: everything that core needs to run it. */
export interface Trial {
  /** `<setting>/<repo>/<task_id>/f1_f2`, with `@2` for the pair's second repetition. */
  readonly id: string;
  readonly setting: Setting & { readonly name: string; readonly title: string };
  readonly featureSet: FeatureSet;
  /** Counted from 1. */
  readonly repetition: number;
  /** The seed for agents that take one. */
  readonly seed: number | undefined;
  /** Their records are made when the trial begins. */
  readonly seats: readonly Omit<RunningSeat, 'record'>[];
  /** The agents begin when all are ready. */
  readonly barrier: boolean;
  readonly channels: readonly NamedChannel[];
  /** The network that the seats' sandboxes ask for, and the one that they get. */
  readonly network: NetworkPolicy;
  readonly actualNetwork: ActualNetwork;
}

/** A trial that runs. */
export interface RunningTrial extends Trial {
  readonly seats: readonly RunningSeat[];
}

/** Returns whether no model of any seat of the trial has answered. */
export function isIdle({ seats }: RunningTrial): boolean {
  return seats.every(({ record }) => record.isIdle());
}

/** A trial that has waited for sandboxes and does not start. It leaves no result. It is neither lost nor a failure. */
export class TrialNotStarted extends Error {}

/** The parts that all trials of a run share. */
export interface TrialRun {
  readonly name: string;
  readonly directory: string;
  /** Fields that the result of every trial repeats. */
  readonly record: Pick<ResultFile, 'config_hash' | 'backend' | 'versions'>;
  /** Records what the run spends, as answers arrive. */
  readonly ledger: Pick<Ledger, 'append'>;
  /** If it is absent, no channel needs a bus. */
  readonly bus?: Pick<MessageBus, 'open' | 'beginPhase'> | undefined;
  readonly events: EventStream;
  readonly limits: TimeLimits;
  /** Creates the sandboxes. */
  readonly gate: Pick<CapacityGate, 'createTogether'>;
  /** Decides whether a seat that fails is judged or lost. */
  readonly losses: RunLosses;
  readonly connectRegistries: ConnectRegistries;
  /** Aborts some time after `signal`. Then, nothing waits for what ends. */
  readonly closing: AbortSignal;
  readonly signal: AbortSignal;
  /** @throws TrialNotStarted when the budget is used up: the trial may have waited for a sandbox since it began. */
  refuseIfUnaffordable(): void;
  /** Stops the whole run, because every seat would fail in the same way. */
  stop(error: Error): void;
}
