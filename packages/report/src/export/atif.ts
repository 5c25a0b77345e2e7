import type { ResultFile, SeatResult } from '@cooperbench/records';
import { findUnixSeconds } from '../trials/read-text.ts';
import { type TrajectoryEntry, withWholeAnswers } from '../trials/trajectory.ts';

/** A trajectory in the Agent Trajectory Interchange Format of Harbor, version 1.7. */
export interface AtifTrajectory {
  readonly schema_version: 'ATIF-v1.7';
  readonly session_id?: string;
  readonly trajectory_id: string;
  readonly agent: { readonly name: string; readonly version: string; readonly model_name?: string };
  readonly steps: readonly AtifStep[];
  readonly final_metrics?: Readonly<Record<string, number>>;
  readonly subagent_trajectories?: readonly AtifTrajectory[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

interface AtifStep {
  readonly step_id: number;
  readonly source: 'system' | 'user' | 'agent';
  readonly message: string;
  readonly timestamp?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly AtifCall[];
  observation?: { readonly results: AtifResult[] };
  readonly metrics?: Readonly<Record<string, number>>;
}

export interface AtifCall {
  readonly tool_call_id: string;
  readonly function_name: string;
  readonly arguments: object;
}

interface AtifResult {
  readonly source_call_id?: string;
  readonly content: string;
  subagent_trajectory_ref?: { readonly trajectory_id: string }[];
}

/** The trajectory of a seat, and what its files say about it. */
export interface AtifSource {
  /** The id of the trial. */
  readonly trial: string;
  readonly seat: string;
  readonly run: string;
  readonly result?: Partial<ResultFile> | undefined;
  readonly seatResult?: SeatResult | undefined;
  readonly messages: readonly TrajectoryEntry[];
}

/** Returns the trajectory of a seat in ATIF. Returns undefined if it has no messages, which the format does not allow. */
export function buildAtif({
  trial,
  seat,
  run,
  result,
  seatResult,
  messages,
}: AtifSource): AtifTrajectory | undefined {
  const model = seatResult?.model ?? result?.model;
  const agent = {
    name: seatResult?.agent_framework ?? result?.agent_framework ?? 'unknown',
    version: result?.versions?.['@cooperbench/core'] ?? 'unknown',
    ...(model && { model_name: model }),
  };
  const id = `${run}/${trial}/${seat}`;
  const buildPart = (entries: readonly TrajectoryEntry[], trajectory_id: string): AtifTrajectory => ({
    ...{ schema_version: 'ATIF-v1.7', trajectory_id, agent, steps: listSteps(entries) },
  });
  const getSubagent = ({ subagent }: TrajectoryEntry): string =>
    typeof subagent === 'string' ? subagent : '';
  const groups = Map.groupBy(messages, getSubagent);
  const mainEntries = groups.get('');
  if (mainEntries === undefined) return undefined;
  groups.delete('');
  const trajectory = buildPart(mainEntries, id);
  for (const subagent of groups.keys()) refer(trajectory.steps, subagent);
  const session_id = result?.run_id ?? id;
  return {
    ...trajectory,
    session_id,
    ...(seatResult && { final_metrics: buildTotals(seatResult, trajectory.steps.length) }),
    ...(groups.size > 0 && {
      subagent_trajectories: [...groups].map(([name, entries]) => buildPart(entries, name)),
    }),
    extra: dropUndefined({ run, trial, seat, status: seatResult?.status, features: result?.features }),
  };
}

/** Every answer of the model is a step, with the results of its calls in the order of the calls. */
function listSteps(entries: readonly TrajectoryEntry[]): AtifStep[] {
  const steps: AtifStep[] = [];
  const stepOfCall = new Map<string, AtifStep>();
  for (const entry of withWholeAnswers(entries)) {
    const atifStep = typeof entry.tool_call_id === 'string' ? stepOfCall.get(entry.tool_call_id) : undefined;
    const step = atifStep ?? steps.at(-1);
    if (entry.role === 'tool' && step?.source === 'agent') {
      step.observation ??= { results: [] };
      step.observation.results.push({
        ...(atifStep && { source_call_id: String(entry.tool_call_id) }),
        content: getText(entry.content),
      });
      continue;
    }
    const newStep = buildStep(entry, steps.length + 1);
    steps.push(newStep);
    for (const { tool_call_id } of newStep.tool_calls ?? []) stepOfCall.set(tool_call_id, newStep);
  }
  for (const { observation, tool_calls = [] } of steps) {
    const order = tool_calls.map(({ tool_call_id }) => tool_call_id);
    observation?.results.sort(
      (left, right) => order.indexOf(left.source_call_id ?? '') - order.indexOf(right.source_call_id ?? ''),
    );
  }
  return steps;
}

function buildStep(entry: TrajectoryEntry, step_id: number): AtifStep {
  const seconds = findUnixSeconds(entry.timestamp);
  const timestamp = seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
  const common = { step_id, message: getText(entry.content), ...dropUndefined({ timestamp }) };
  if (entry.role !== 'assistant' && entry.role !== 'agent_message')
    return { ...common, source: entry.role === 'user' ? 'user' : 'system' };
  const { reasoning_content: reasoning } = entry;
  const tool_calls = (Array.isArray(entry.tool_calls) ? entry.tool_calls : []).map((call, index) =>
    callOf(call, `call_${step_id}_${index}`),
  );
  const metrics = dropUndefined({
    prompt_tokens: count(entry.input_tokens),
    completion_tokens: count(entry.output_tokens),
    cost_usd: findFigure(entry.cost),
  });
  return {
    ...common,
    source: 'agent',
    ...(typeof reasoning === 'string' && reasoning !== '' && { reasoning_content: reasoning }),
    ...(tool_calls.length > 0 && { tool_calls }),
    ...(Object.keys(metrics).length > 0 && { metrics }),
  };
}

/** A call in our form, or in that of OpenAI's API, as the Python original keeps it. */
export function callOf(call: unknown, otherwise: string): AtifCall {
  const { id, name, arguments: direct, function: nested } = (call ?? {}) as Record<string, unknown>;
  const nestedCall = (nested ?? {}) as Record<string, unknown>;
  return {
    tool_call_id: typeof id === 'string' && id !== '' ? id : otherwise,
    function_name: String(name ?? nestedCall.name ?? 'unknown'),
    arguments: buildObject(direct ?? nestedCall.arguments),
  };
}

function buildObject(value: unknown): object {
  const isObject = (candidate: unknown): candidate is object =>
    typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate);
  if (isObject(value)) return value;
  try {
    const parsed: unknown = JSON.parse(String(value));
    if (isObject(parsed)) return parsed;
  } catch {
    // The model wrote something else than JSON.
  }
  return value === undefined ? {} : { input: value };
}

/** Names a sub-agent in the result of the call that started it. Some frameworks do not say which call that was. */
function refer(steps: readonly AtifStep[], subagent: string): void {
  const results = steps.flatMap(({ observation }) => observation?.results ?? []);
  const result = results.find(({ source_call_id }) => source_call_id === subagent);
  if (result) result.subagent_trajectory_ref = [{ trajectory_id: subagent }];
}

function buildTotals(seat: SeatResult, total_steps: number): Readonly<Record<string, number>> {
  return dropUndefined({
    total_prompt_tokens: count(seat.input_tokens),
    total_completion_tokens: count(seat.output_tokens),
    total_cached_tokens: count(seat.cache_read_tokens),
    total_cost_usd: seat.cost_known === false ? undefined : findFigure(seat.cost),
    total_steps,
  });
}

const findFigure = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const count = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? (value as number) : undefined;

/** Returns a content as text: what is no text, as JSON. */
export function getText(content: unknown): string {
  return typeof content === 'string'
    ? content
    : content === null || content === undefined
      ? ''
      : JSON.stringify(content);
}

function dropUndefined<T>(fields: Readonly<Record<string, T | undefined>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Record<
    string,
    T
  >;
}
