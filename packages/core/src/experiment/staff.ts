import type { Agent, SeatLimits } from '../contracts/agent.ts';
import type { Backend } from '../contracts/backend.ts';
import { ConfigError } from '../contracts/errors.ts';
import type { Layer } from '../contracts/sandbox-spec.ts';
import { asPluginFault } from '../plugins/plugin-fault.ts';
import type { Registry } from '../plugins/registry.ts';
import type { SeatAssignment, Trial } from '../trial/trial.ts';
import type { RunEvents } from './events.ts';
import { openBackend } from './open-backend.ts';
import { openBus } from './open-bus.ts';
import type { RunOptions } from './options.ts';
import type { PlannedTrial, RunPlan, SeatChoice } from './plan.ts';

/** The agents, backends and bus of a run, each made once and found fit. Owns them until disposed. */
export class Staff implements AsyncDisposable {
  readonly #agents = new Map<
    string,
    { agent: Agent; untrusted: boolean; limits: SeatLimits; layers: readonly Layer[] | undefined }
  >();
  readonly #backends = new Map<string, Backend & AsyncDisposable>();
  bus: Awaited<ReturnType<typeof openBus>> | undefined;

  /** @throws ConfigError when an agent, a model, a backend or the bus cannot do what the plan asks. */
  static async hire(
    registry: Registry,
    plan: RunPlan,
    options: RunOptions,
    events: RunEvents,
  ): Promise<Staff> {
    const staff = new Staff();
    try {
      const seats = plan.trials.flatMap((trial) => trial.seats);
      for (const choice of distinct(seats, keyOf))
        await staff.#addAgent(registry, choice, plan, options, events);
      for (const { backend } of distinct(seats, (choice) => choice.backend)) {
        const untrusted = seats.some(
          (choice) => choice.backend === backend && staff.#agents.get(keyOf(choice))?.untrusted,
        );
        staff.#backends.set(backend, await openBackend(registry, backend, options, untrusted, events));
      }
      if (plan.messaging) staff.bus = await openBus(registry, plan.bus, options, events);
      return staff;
    } catch (error) {
      await staff[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #addAgent(
    registry: Registry,
    choice: SeatChoice,
    plan: RunPlan,
    options: RunOptions,
    events: RunEvents,
  ): Promise<void> {
    const definition = registry.get('agents', choice.agent);
    const agent = await registry.make('agents', choice.agent, options.agentOptions?.[choice.agent]);
    const title = registry.title('agents', choice.agent);
    const access = {
      model: choice.model,
      baseUrl: options.baseUrl,
      configFile: plan.configFile,
      signal: options.signal,
    };
    const asking = `${title} failed in preflight`;
    const fit = await asPluginFault(asking, () => agent.preflight?.(access), options.signal);
    for (const line of fit?.notices ?? []) events.notice(line);
    const priceKnown = fit?.priceKnown ?? true;
    if (!priceKnown) refuseLimitsWithoutPrice(choice.model, options);
    const limits = {
      maxSteps: plan.limits.maxSteps,
      maxCostUsd: priceKnown ? plan.limits.maxCostUsd : undefined,
    };
    const untrusted = await asPluginFault(`${title} failed in untrusted`, () =>
      definition.untrusted?.(choice.model),
    );
    this.#agents.set(keyOf(choice), {
      agent,
      untrusted: untrusted ?? true,
      limits,
      layers: definition.layers,
    });
  }

  /** Puts people on the planned seats. */
  assign(planned: PlannedTrial, setting: string): Trial {
    const seats = planned.seats.map((choice): SeatAssignment => {
      const agent = this.#agents.get(keyOf(choice));
      const backend = this.#backends.get(choice.backend);
      if (!agent || !backend) throw new Error(`${choice.seat} has nobody`);
      return {
        seat: choice.seat,
        features: choice.features,
        agentName: choice.agent,
        model: choice.model,
        ...agent,
        backend,
      };
    });
    return { id: planned.id, setting, pair: planned.pair, seats };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [...this.#backends.values(), this.bus].map((service) => service?.[Symbol.asyncDispose]?.()),
    );
  }
}

function keyOf(choice: SeatChoice): string {
  return `${choice.agent}\0${choice.model}`;
}

function distinct<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

function refuseLimitsWithoutPrice(model: string, options: RunOptions): void {
  const given = [
    options.maxCostUsd !== undefined && '--max-cost',
    options.budgetUsd !== undefined && '--budget',
  ].filter(Boolean);
  if (given.length === 0) return;
  throw new ConfigError(
    'PRICE_UNKNOWN',
    `${given.join(' and ')} cannot be kept: the price of ${model} is not known.`,
    {
      hint: 'State its price in the agent configuration (--agent-config), or leave the limit out.',
    },
  );
}
