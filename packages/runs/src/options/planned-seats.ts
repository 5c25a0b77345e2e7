import { resolve } from 'node:path';
import {
  type ChosenByProject,
  ConfigError,
  getMessage,
  type ModelAccess,
  type SeatPlan,
  suggest,
} from '@cooperbench/core';
import { maskSecrets, type Registry, readWholeFile } from '@cooperbench/core/host';
import type { RunEventBody } from '@cooperbench/records';
import { type RunIdentity, sha256 } from './identity.ts';
import type { RunOptions } from './options.ts';

/** A seat before its plugins are opened: the names of its agent, model and backend, as users type them, and how it reaches the model. */
export interface PlannedSeat extends ModelAccess {
  readonly plan: SeatPlan;
  readonly agent: string;
  readonly backend: string;
  /** It is false if the agent uses no model, so nothing may say that `model` ran. */
  readonly usesModel: boolean;
}

/** The texts of agent configuration files. */
export interface AgentConfigs {
  /** It is undefined if the run has none. */
  readonly run: string | undefined;
  /** By seat, for seats that have their own file. */
  readonly seats: Readonly<Record<string, string>>;
}

type SeatOptions = NonNullable<RunOptions['seats']>;

/** Returns a function that plans a seat: its own agent, model and backend, or else the run's. */
export function createSeatPlanner(
  options: RunOptions,
  run: Pick<PlannedSeat, 'agent' | 'model' | 'backend'>,
  registry: Registry,
): (plan: SeatPlan) => PlannedSeat {
  return (plan) => {
    const seatSettings = options.seats?.[plan.id];
    const agent = seatSettings?.agent ?? run.agent;
    const model = seatSettings?.model ?? run.model;
    const config = seatSettings?.agentConfig ?? options.agentConfig;
    return {
      plan,
      agent,
      usesModel: registry.get('agents', agent).usesModel ?? true,
      model,
      backend: seatSettings?.backend ?? run.backend,
      baseUrl: seatSettings?.baseUrl ?? options.baseUrl,
      chosenByProject: findChosenByProject(plan, options),
      configFile: config === undefined ? undefined : resolve(config),
      price: options.prices && Object.hasOwn(options.prices, model) ? options.prices[model] : undefined,
    };
  };
}

/** Finds the parts of a seat's model access that the project's files chose. */
function findChosenByProject(
  plan: SeatPlan,
  { baseUrl, seats = {}, chosenByProject: chosenInRun }: RunOptions,
): ChosenByProject | undefined {
  if (chosenInRun === undefined) return undefined;
  const { seats: ofProject = [], ...ofRun } = chosenInRun;
  const isOwn = seats[plan.id]?.baseUrl !== undefined;
  const keySource = isOwn ? (ofProject.includes(plan.id) ? 'configuration' : undefined) : ofRun.baseUrl;
  const userChoseOne =
    (baseUrl !== undefined && ofRun.baseUrl === undefined) ||
    Object.entries(seats).some(
      ([seat, seatSettings]) => seatSettings.baseUrl !== undefined && !ofProject.includes(seat),
    );
  return {
    ...ofRun,
    baseUrl: keySource,
    ...(keySource !== undefined && userChoseOne && { keyBelongsToOtherUrl: true }),
  };
}

/** Checks that every seat that the user names exists in some trial. @throws ConfigError `UNKNOWN_SEAT`. */
export function checkSeats(choices: readonly PlannedSeat[], names: readonly string[]): void {
  const seatNames = [...new Set(choices.map(({ plan }) => plan.id))];
  for (const seat of names) {
    if (!seatNames.includes(seat))
      throw new ConfigError('UNKNOWN_SEAT', `No trial has a seat "${seat}".`, {
        hint: suggest(seat, seatNames),
        about: seat,
      });
  }
}

/** @throws ConfigError `AGENT_CONFIG` for a file that cannot be read. */
export function readAgentConfigs({ agentConfig, seats = {} }: RunOptions): AgentConfigs {
  const configPaths = Object.entries(seats).flatMap(([seat, { agentConfig: path }]) =>
    path === undefined ? [] : [[seat, readConfig(path, '--seat-agent-config')] as const],
  );
  return {
    run: agentConfig === undefined ? undefined : readConfig(agentConfig, '--agent-config'),
    seats: Object.fromEntries(configPaths),
  };
}

/** A run keeps the text of its configuration in config.json. */
const maxConfigBytes = 16 * 1024 * 1024;

function readConfig(path: string, flag: string): string {
  const file = resolve(path);
  try {
    return readWholeFile(file, { maxBytes: maxConfigBytes }).toString();
  } catch (error) {
    throw new ConfigError(
      'AGENT_CONFIG',
      `The agent configuration ${file} cannot be read: ${getMessage(error)}`,
      { hint: `Check ${flag}.`, about: file },
    );
  }
}

/** Finds the part of a run's identity that comes from the options of single seats. */
export function findSeatIdentity(
  seats: SeatOptions,
  configs: AgentConfigs,
): NonNullable<RunIdentity['seats']> {
  const entries = Object.entries(seats).flatMap(([seat, { agent, model, baseUrl }]) => {
    const config = configs.seats[seat];
    const seatFields = {
      ...(agent && { agent }),
      ...(model && { model }),
      ...(baseUrl && { base_url: maskSecrets(baseUrl) as string }),
      ...(config !== undefined && { agent_config: sha256(config) }),
    };
    return Object.keys(seatFields).length > 0 ? [[seat, seatFields] as const] : [];
  });
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Finds the seats of all trials, each once. */
export function findNamedSeats(
  trials: readonly { readonly seats: readonly PlannedSeat[] }[],
): Extract<RunEventBody, { type: 'run_started' }>['seats'] {
  const choices = trials.flatMap(({ seats }) => seats.map((choice) => [choice.plan.id, choice] as const));
  return [...new Map(choices)].map(([seat, choice]) => {
    const { agent, backend } = choice;
    return { seat, agent, model: findModelOfSeat(choice), backend };
  });
}

/** Finds the model that a seat uses. Returns null if its agent uses none. */
export function findModelOfSeat({
  model,
  usesModel,
}: Pick<PlannedSeat, 'model' | 'usesModel'>): string | null {
  return usesModel ? model : null;
}
