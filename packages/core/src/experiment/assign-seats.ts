import type { ChosenByProject, ModelAccess, SeatLimits } from '../contracts/agent.ts';
import type { Backend } from '../contracts/backend.ts';
import { ConfigError } from '../contracts/errors.ts';
import { asPluginFault } from '../plugins/plugin-fault.ts';
import type { Registry } from '../plugins/registry.ts';
import type { SeatAssignment, Trial } from '../trial/trial.ts';
import { layersOf } from './agent-layers.ts';
import type { RunOptions } from './options.ts';
import type { PlannedTrial, RunPlan } from './plan.ts';
import type { SeatChoice } from './seat-choices.ts';
import type { Services } from './services.ts';

export type SeatAgent = Omit<SeatAssignment, 'plan' | 'backend'>;

/**
 * Opens the services that the seats of a run need. Returns a function that turns a planned trial into one that can run.
 * @throws ConfigError when an agent, a model, a backend or a channel cannot do what the plan asks.
 */
export async function assignSeats(
  plan: RunPlan,
  services: Services,
  registry: Registry,
  options: RunOptions,
): Promise<(planned: PlannedTrial) => Trial> {
  const choices = plan.trials.flatMap((trial) => trial.seats);
  const keyOf = (choice: SeatChoice): string => agentKey(choice, options);
  const agents = new Map<string, SeatAgent>();
  for (const choice of distinct(choices, keyOf))
    agents.set(keyOf(choice), await seatAgent(choice, plan, services, registry, options));
  const backends = new Map<string, Backend>();
  for (const { backend } of distinct(choices, (choice) => choice.backend)) {
    const untrusted = choices.some(
      (choice) => choice.backend === backend && agents.get(keyOf(choice))?.untrusted,
    );
    backends.set(backend, await services.backend(backend, untrusted));
  }
  const channels = await services.channels(plan.channels);
  return (planned) => ({
    id: planned.id,
    setting: plan.setting,
    featureSet: planned.featureSet,
    repetition: planned.repetition,
    seed: planned.seed,
    channels,
    seats: planned.seats.map((choice) => ({
      ...(agents.get(keyOf(choice)) as SeatAgent),
      plan: choice.plan,
      backend: backends.get(choice.backend) as Backend,
    })),
  });
}

/** The key of a seat's agent and model access. Seats with equal keys share one preflight. */
export function agentKey(choice: SeatChoice, options: RunOptions): string {
  return JSON.stringify([choice.agent, accessOf(choice, options)]);
}

/** How a seat reaches its model. */
function accessOf(choice: SeatChoice, options: RunOptions): ModelAccess {
  const { model, baseUrl, configFile, price } = choice;
  return { model, baseUrl, chosenByProject: chosenByProject(choice, options), configFile, price };
}

/** The parts of a seat's model access that the project's files chose. */
function chosenByProject(
  { plan }: SeatChoice,
  { baseUrl, seats = {}, chosenByProject: chosenInRun }: RunOptions,
): ChosenByProject | undefined {
  if (chosenInRun === undefined) return undefined;
  const { seats: ofProject = [], ...ofRun } = chosenInRun;
  const isOwn = seats[plan.id]?.baseUrl !== undefined;
  const chosen = isOwn ? (ofProject.includes(plan.id) ? 'configuration' : undefined) : ofRun.baseUrl;
  const userChoseOne =
    (baseUrl !== undefined && ofRun.baseUrl === undefined) ||
    Object.entries(seats).some(([seat, own]) => own.baseUrl !== undefined && !ofProject.includes(seat));
  return {
    ...ofRun,
    baseUrl: chosen,
    ...(chosen !== undefined && userChoseOne && { keyIsForAnother: true }),
  };
}

/** Opens and checks a seat's agent. Two calls for the same agent share it. @throws as `assignSeats`. */
export async function seatAgent(
  choice: SeatChoice,
  plan: RunPlan,
  services: Services,
  registry: Registry,
  options: RunOptions,
): Promise<SeatAgent> {
  const { signal } = options;
  const { agent: name, model } = choice;
  const definition = registry.get('agents', name);
  const title = registry.title('agents', name);
  const access = accessOf(choice, options);
  const agent = await services.agent(name, access);
  const untrusted = await asPluginFault(`${title} failed in untrusted`, () => definition.untrusted?.(model));
  const priceKnown = await asPluginFault(
    `${title} failed in knowsPrice`,
    () => agent.knowsPrice?.(access),
    signal,
  );
  return {
    agentName: name,
    agent,
    access,
    readsDataset: definition.readsDataset === true && registry.isBuiltin('agents', name),
    untrusted: untrusted ?? true,
    layers: await layersOf(registry, name, options.agentOptions?.[name]),
    limits: limitsOf(plan, model, priceKnown ?? true, options),
    costMustBeKnown: costFlags(options).length > 0,
    timeoutMs: plan.timeoutMs,
  };
}

/** @throws ConfigError `PRICE_UNKNOWN` when the user gave a cost limit that core cannot enforce. */
function limitsOf(plan: RunPlan, model: string, priceKnown: boolean, options: RunOptions): SeatLimits {
  if (priceKnown) return plan.limits;
  const given = costFlags(options);
  if (given.length > 0) {
    throw new ConfigError(
      'PRICE_UNKNOWN',
      `CooperBench cannot enforce ${given.join(' and ')}: the price of ${model} is not known.`,
      { hint: `State it in USD per million tokens, --price ${model}=INPUT,OUTPUT, or remove the limit.` },
    );
  }
  return { maxSteps: plan.limits.maxSteps };
}

/** The flags of the cost limits that the user gave. */
function costFlags({ maxCostUsd, budgetUsd }: RunOptions): string[] {
  return [
    ...(maxCostUsd === undefined ? [] : ['--max-cost']),
    ...(budgetUsd === undefined ? [] : ['--budget']),
  ];
}

/** The first item for each key. */
export function distinct<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
