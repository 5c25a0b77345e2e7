import {
  type ActualNetwork,
  type Backend,
  ConfigError,
  type ModelAccess,
  type SeatLimits,
} from '@cooperbench/core';
import { chooseNetwork, computeLargestNeeds, getWidestNetwork, resolvePolicy } from '@cooperbench/core/host';
import { findModelOfSeat, type PlannedSeat } from '../options/planned-seats.ts';
import type { PlannedTrial, RunPlan } from '../plan/plan.ts';
import type { RunningSeat, Trial } from '../trial/trial.ts';
import type { Services } from './services.ts';

type SeatAgent = Omit<RunningSeat, 'record' | 'plan' | 'backend' | 'backendTitle'>;

/** The services of a run's seats. One that could not be opened is undefined. */
export interface SeatServices {
  agentOf(choice: PlannedSeat): SeatAgent | undefined;
  backendOf(choice: Pick<PlannedSeat, 'backend'>): Backend | undefined;
  readonly channels: Trial['channels'] | undefined;
}

/** Opens one service. Rejects, or keeps the error and resolves with undefined. */
export type Attempt = <T>(open: () => Promise<T>) => Promise<T | undefined>;

/**
 * Opens the services that the seats of a run need. Returns a function that turns a planned trial into one that can run.
 * @throws ConfigError when an agent, a model, a backend or a channel cannot do what the plan asks.
 */
export async function assignSeats(
  plan: RunPlan,
  services: Services,
): Promise<(planned: PlannedTrial) => Trial> {
  const { agentOf, backendOf, channels = [] } = await openSeatServices(plan, services, (open) => open());
  const buildNetworks = ({ featureSet, seats }: PlannedTrial): Pick<Trial, 'network' | 'actualNetwork'> => {
    const network = chooseNetwork(featureSet.task, plan.network);
    const actual = seats.map(({ backend }) => actualNetworks.get(`${backend} ${network}`));
    return { network, actualNetwork: actual.find((actualNetwork) => actualNetwork !== network) ?? network };
  };
  const actualNetworks = new Map<string, ActualNetwork>();
  for (const { featureSet, seats } of plan.trials)
    for (const choice of seats) {
      const policy = chooseNetwork(featureSet.task, plan.network);
      const key = `${choice.backend} ${policy}`;
      if (!actualNetworks.has(key))
        actualNetworks.set(key, await resolvePolicy(backendOf(choice) as Backend, policy));
    }
  return (planned) => ({
    id: planned.id,
    setting: plan.setting,
    featureSet: planned.featureSet,
    repetition: planned.repetition,
    seed: planned.seed,
    barrier: plan.barrier,
    channels,
    ...buildNetworks(planned),
    seats: planned.seats.map((choice) => ({
      ...(agentOf(choice) as SeatAgent),
      plan: choice.plan,
      backend: backendOf(choice) as Backend,
      backendTitle: services.title('backends', choice.backend),
    })),
  });
}

/** Opens each agent with its model access, each backend and the channels once. */
export async function openSeatServices(
  plan: RunPlan,
  services: Services,
  attempt: Attempt,
): Promise<SeatServices> {
  const choices = plan.trials.flatMap((trial) => trial.seats);
  const agents = new Map<string, SeatAgent>();
  const findAgent = (choice: PlannedSeat): SeatAgent | undefined => agents.get(getAgentKey(choice));
  for (const choice of removeDuplicates(choices, getAgentKey)) {
    const agent = await attempt(() => readSeatAgent(choice, plan, services));
    if (agent) agents.set(getAgentKey(choice), agent);
  }
  const backends = new Map<string, Backend>();
  for (const { backend: name } of removeDuplicates(choices, (choice) => choice.backend)) {
    const seats = choices.filter((choice) => choice.backend === name);
    const untrusted = seats.some((choice) => findAgent(choice)?.untrusted ?? true);
    const network = getWidestNetwork(
      plan.trials.map(({ featureSet }) => chooseNetwork(featureSet.task, plan.network)),
    );
    const needs = computeLargestNeeds(plan.trials.map(({ featureSet }) => featureSet.task));
    const backend = await attempt(() => services.backend(name, { untrusted, network, ...needs }));
    if (backend) backends.set(name, backend);
  }
  const channels = await attempt(() => services.channels(plan.channels, plan.channelFaults));
  return { agentOf: findAgent, backendOf: ({ backend }) => backends.get(backend), channels };
}

/** Returns the key of a seat's agent and model access. Seats with equal keys share an agent and its preflight. */
function getAgentKey(choice: PlannedSeat): string {
  return JSON.stringify([choice.agent, buildAccess(choice)]);
}

function buildAccess({ model, baseUrl, chosenByProject, configFile, price }: PlannedSeat): ModelAccess {
  return { model, baseUrl, chosenByProject, configFile, price };
}

async function readSeatAgent(choice: PlannedSeat, plan: RunPlan, services: Services): Promise<SeatAgent> {
  const access = buildAccess(choice);
  const { priceKnown, ...service } = await services.agent(choice.agent, access);
  return {
    ...service,
    agentName: choice.agent,
    access,
    model: findModelOfSeat(choice),
    limits: buildLimits(plan, access.model, priceKnown),
    costMustBeKnown: plan.costFlags.length > 0,
    timeoutMs: plan.timeoutMs,
  };
}

/** @throws ConfigError `PRICE_UNKNOWN` when the user gave a cost limit that core cannot enforce. */
function buildLimits({ limits, costFlags }: RunPlan, model: string, priceKnown: boolean): SeatLimits {
  if (priceKnown) return limits;
  if (costFlags.length === 0) return { maxSteps: limits.maxSteps };
  throw new ConfigError(
    'PRICE_UNKNOWN',
    `CooperBench cannot enforce ${costFlags.join(' and ')}: the price of ${model} is not known.`,
    { hint: `State it in USD per million tokens, --price ${model}=INPUT,OUTPUT, or remove the limit.` },
  );
}

/** Returns one item for each key. */
export function removeDuplicates<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
