import type { ConditionReport } from '../report/condition-report.ts';
import type { SeatDetails, TrialDetails } from '../trials/read-details.ts';
import { findUnixSeconds } from '../trials/read-text.ts';
import { type TrajectoryEntry, withWholeAnswers } from '../trials/trajectory.ts';
import type { Trial } from '../trials/trial.ts';
import { callOf, getText } from './atif.ts';

type Json = Readonly<Record<string, unknown>>;

/** A trial as a sample of Inspect: in full, and as the list of samples has it. */
export interface InspectSample {
  /** The path of the sample within the log. */
  readonly file: string;
  readonly sample: Json;
  readonly summary: Json;
  readonly usage: Readonly<Record<string, Usage>>;
}

interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
  readonly total_cost?: number;
}

/**
 * The messages of all seats are below each other, because a sample has one list; a message with the name of the seat begins
 * each. The scores are `C` and `I` for passed and failed; a trial without a verdict has none.
 */
export function inspectSample(trial: Trial, { stored, seats }: TrialDetails): InspectSample {
  const messages = seats.flatMap((seat) => listMessages(seat));
  const start = seats.flatMap((seat) => seat.start ?? []).sort((left, right) => left - right)[0];
  const timeFields = {
    ...(start !== undefined && { started_at: new Date(start * 1000).toISOString() }),
    ...(start !== undefined &&
      trial.seconds !== null && { completed_at: new Date((start + trial.seconds) * 1000).toISOString() }),
    ...(trial.seconds !== null && { total_time: trial.seconds, working_time: trial.seconds }),
  };
  const usage = buildUsage(trial);
  const scores = findScores(trial);
  const base = {
    ...{ id: trial.pair, epoch: trial.repetition, target: '', uuid: `${trial.run}/${trial.id}` },
    metadata: {
      ...{ task: trial.task, features: trial.features, verdict: trial.verdict, agent: trial.agent },
      ...{ merge: trial.merge?.status ?? null, policy: trial.merge_policy, cause: trial.cause?.name ?? null },
      seats: trial.seats.map(({ seat, agent, model, status, cost, steps }) => ({
        ...{ seat, agent, model, status, cost, steps },
      })),
    },
    ...(scores && { scores }),
    ...timeFields,
    model_usage: usage,
  };
  const firstPrompt = seats[0]?.messages.find(({ role }) => role === 'user');
  const input = firstPrompt === undefined ? trial.pair : getText(firstPrompt.content);
  const reason = trial.verdict === 'error' ? (trial.cause?.sentence ?? 'Infrastructure failed.') : undefined;
  const sample = {
    ...{ ...base, input, messages, store: {}, events: [], attachments: {} },
    output: { model: trial.model, choices: [], completion: '' },
    ...(reason !== undefined && { error: { message: reason, traceback: reason, traceback_ansi: reason } }),
  };
  const summary = {
    ...{ ...base, input: input.slice(0, 1000), message_count: messages.length },
    completed: stored.result !== undefined && trial.verdict !== 'error',
    ...(reason !== undefined && { error: reason }),
  };
  return { file: `samples/${trial.pair}_epoch_${trial.repetition}.json`, sample, summary, usage };
}

function listMessages({ seat, messages, result }: SeatDetails): Json[] {
  const names = new Map<unknown, string>();
  const entries = withWholeAnswers(messages).map((entry, index) =>
    buildMessage(entry, `${seat}-${index}`, names),
  );
  const model = result?.model ?? result?.agent_framework ?? '';
  // Inspect View shows all messages of the role `system` together, above the others.
  const head = { id: seat, role: 'user', content: `Seat ${seat}${model === '' ? '' : ` (${model})`}` };
  return [{ ...head, metadata: { added_by: 'CooperBench' } }, ...entries];
}

/** `names`: the tools of earlier calls, by the ids of the calls. */
function buildMessage(entry: TrajectoryEntry, id: string, names: Map<unknown, string>): Json {
  const content = getText(entry.content);
  const seconds = findUnixSeconds(entry.timestamp);
  const base = {
    id,
    ...(seconds !== undefined && { metadata: { time: new Date(seconds * 1000).toISOString() } }),
  };
  if (entry.role === 'tool') {
    const { tool_call_id: call } = entry;
    const source =
      typeof call === 'string' ? { tool_call_id: call, function: names.get(call) ?? 'unknown' } : {};
    return { ...base, role: 'tool', content, ...source };
  }
  if (entry.role !== 'assistant' && entry.role !== 'agent_message')
    return { ...base, role: entry.role === 'system' ? 'system' : 'user', content };
  const calls = (Array.isArray(entry.tool_calls) ? entry.tool_calls : []).map((call, index) =>
    callOf(call, `${id}-${index}`),
  );
  for (const call of calls) names.set(call.tool_call_id, call.function_name);
  const { reasoning_content: reasoning } = entry;
  const hasReasoning = typeof reasoning === 'string' && reasoning !== '';
  return {
    ...{ ...base, role: 'assistant', source: 'generate' },
    content: hasReasoning
      ? [
          { type: 'reasoning', reasoning },
          { type: 'text', text: content },
        ]
      : content,
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({
        ...{ id: call.tool_call_id, function: call.function_name, arguments: call.arguments },
        type: 'function',
      })),
    }),
  };
}

function findScores({ verdict, overall, individual, cause }: Trial): Json | undefined {
  if (verdict !== 'passed' && verdict !== 'failed') return undefined;
  const formatValue = (passed: boolean): string => (passed ? 'C' : 'I');
  return {
    both_passed: { value: formatValue(verdict === 'passed'), ...(cause && { explanation: cause.sentence }) },
    ...(overall !== null && { overall_success: { value: formatValue(overall) } }),
    ...Object.fromEntries(
      Object.entries(individual).map(([seat, passed]) => [`${seat}_alone`, { value: formatValue(passed) }]),
    ),
  };
}

function buildUsage({ seats }: Trial): Record<string, Usage> {
  const usageByModel: Record<string, Usage> = {};
  for (const { model, agent, input_tokens, output_tokens, cost } of seats) {
    const seatUsage = {
      ...{ input_tokens: input_tokens ?? 0, output_tokens: output_tokens ?? 0 },
      total_tokens: (input_tokens ?? 0) + (output_tokens ?? 0),
      ...(cost !== null && { total_cost: cost }),
    };
    const name = model || agent || 'unknown';
    usageByModel[name] = addUsage(usageByModel[name], seatUsage);
  }
  return usageByModel;
}

/** Without a cost where one of them has none. */
export function addUsage(left: Usage | undefined, right: Usage): Usage {
  if (left === undefined) return right;
  const { total_cost: cost } = left;
  return {
    input_tokens: left.input_tokens + right.input_tokens,
    output_tokens: left.output_tokens + right.output_tokens,
    total_tokens: left.total_tokens + right.total_tokens,
    ...(cost !== undefined && right.total_cost !== undefined && { total_cost: cost + right.total_cost }),
  };
}

/** Returns all of a log but its samples. The rates are those of the report. */
export function inspectHeader(
  condition: ConditionReport,
  trials: readonly Trial[],
  samples: readonly Pick<InspectSample, 'summary' | 'usage'>[],
): Json {
  const timestamps = samples.flatMap(({ summary: { started_at, completed_at } }) => [
    started_at,
    completed_at,
  ]);
  const sortedTimes = timestamps.filter((time) => typeof time === 'string').sort();
  const [first = new Date(0).toISOString(), last = first] = [sortedTimes[0], sortedTimes.at(-1)];
  const model_usage: Record<string, Usage> = {};
  for (const { usage } of samples)
    for (const [name, modelUsage] of Object.entries(usage))
      model_usage[name] = addUsage(model_usage[name], modelUsage);
  const listScore = (name: string, { rate, observations }: ConditionReport['merged']): Json[] =>
    rate === null
      ? []
      : [
          {
            ...{ name, scorer: 'cooperbench', params: {}, scored_samples: observations },
            metrics: { pass_rate: { name: 'pass_rate', value: rate, params: {} } },
          },
        ];
  const name = `cooperbench_${condition.setting}`;
  return {
    ...{ version: 2, status: 'success' },
    eval: {
      ...{ created: first, task: name, task_id: `${condition.run}/${condition.setting}`, task_version: 0 },
      ...{ eval_id: `${condition.run}/${condition.setting}`, run_id: condition.run },
      dataset: { name: 'cooperbench', samples: condition.pairs, shuffled: false },
      ...{ model: condition.model || condition.agent || 'none', solver: condition.agent || 'unknown' },
      ...{ task_attribs: {}, task_args: {}, model_args: {}, model_generate_config: {} },
      ...{ config: { epochs: condition.repetitions }, packages: {} },
      metadata: { run: condition.run, setting: condition.setting, merge_policies: condition.merge_policies },
    },
    plan: { name: 'plan', steps: [], config: {} },
    results: {
      total_samples: trials.length,
      completed_samples: samples.filter(({ summary }) => summary.completed).length,
      scores: [
        ...listScore('both_passed', condition.merged),
        ...listScore('overall_success', condition.overall),
      ],
    },
    stats: { started_at: first, completed_at: last, model_usage },
  };
}
