import type { RunEvent } from '@cooperbench/records';
import {
  communicates,
  findUnixSeconds,
  getSeconds,
  groupAnswers,
  listCommands,
  type TrajectoryEntry,
} from '@cooperbench/report';
import type { Step } from './model.ts';
import { formatContentText, formatFirstLine, parseNumber } from './texts.ts';
import { type IndexedEntry, listCallsIn, type TrajectoryIndex } from './trajectory-index.ts';

/** A step with the text of what it ran, which only the search for evidence needs. */
export interface WorkedStep extends Step {
  readonly commands: string;
}

type StepEvent = Extract<RunEvent, { readonly type: 'step' }>;
type AnswerEvent = Extract<RunEvent, { readonly type: 'answer' }>;

/** Lists the steps of a seat: from its trajectory with the events beside it or, while the trial runs, from its events alone. */
export function listStepsOfSeat(
  seat: string,
  { entries }: Pick<TrajectoryIndex, 'entries'>,
  events: readonly RunEvent[],
  start: number,
): WorkedStep[] {
  const stepEvents = events.filter(
    (event): event is StepEvent => event.type === 'step' && event.seat === seat,
  );
  const indexedEntries = entries.filter(({ entry }) => entry.role === 'assistant');
  const answerEvents = events.filter(
    (event): event is AnswerEvent => event.type === 'answer' && event.seat === seat,
  );
  if (indexedEntries.length === 0)
    return stepEvents.map((event, index) =>
      buildRunningStep(event, answerEvents, stepEvents[index + 1], start),
    );
  const groups = groupSteps(stepEvents, indexedEntries, entries);
  const messages = listMessages(groups, entries);
  const durations = listDurations(groups, entries, messages);
  let spentCost: number | null = 0;
  return groups.map(({ event, added, own }, index) => {
    const cost = event?.cost_known === false ? null : (sumOf(own, 'cost') ?? added);
    spentCost = spentCost === null || cost === null ? null : spentCost + cost;
    const commands = own.map(({ entry }) => listCommands(entry).join('\n'));
    const telling = Math.max(0, commands.findIndex(Boolean));
    const [first] = own;
    const time = findUnixSeconds(first?.entry.timestamp) ?? (event ? getSeconds(event) : null);
    return {
      step: index + 1,
      seconds: time === null ? null : Math.max(0, time - start),
      message: first?.message ?? null,
      messages: messages[index] ?? [],
      ...(durations[index] ?? noDurations),
      summary: own[telling] ? getSummary(own[telling].entry, commands[telling] ?? '') : '',
      communicates: own.some(({ entry }) => communicates(entry)),
      cost,
      total_cost: spentCost ?? totalOf(event),
      input_tokens: sumOf(own, 'input_tokens'),
      output_tokens: sumOf(own, 'output_tokens'),
      commands: commands.join('\n'),
    };
  });
}

/** The answers of one step, and its event. */
interface Group {
  readonly event: StepEvent | undefined;
  /** What the step added to the cost, as the events tell. It is null if they do not. */
  readonly added: number | null;
  readonly own: readonly IndexedEntry[];
}

/**
 * Events say with which message each step begins. Without that, as in runs of earlier releases and of agents that hand in
 * their trajectory at the end, each answer of the model is a step. All parts of an answer are where its first one is.
 */
function groupSteps(
  stepEvents: readonly StepEvent[],
  indexedEntries: readonly IndexedEntry[],
  entries: readonly IndexedEntry[],
): Group[] {
  const firsts = new Set(stepEvents.map(({ message }) => parseNumber(message)));
  if (firsts.size === 0 || firsts.has(null) || (firsts.size === 1 && stepEvents.length > 1))
    return groupAnswers(entries.map(({ message, entry }) => ({ ...entry, message, entry })))
      .filter(([first]) => first?.role === 'assistant')
      .map((stepEntries, index) => ({ event: stepEvents[index], added: null, own: stepEntries }));
  const answersWithId = indexedEntries.filter(({ entry }) => typeof entry.response_id === 'string');
  const firstParts = new Map(
    answersWithId.toReversed().map(({ message, entry }) => [entry.response_id, message]),
  );
  return stepEvents.map((event, index) => {
    const stepAnswers = indexedEntries.filter(({ message, entry }) =>
      isWithin(firstParts.get(entry.response_id) ?? message, event, stepEvents[index + 1]),
    );
    return { event, added: computeRise(event, stepEvents[index - 1]), own: stepAnswers };
  });
}

function isWithin(message: number, { message: first }: StepEvent, next: StepEvent | undefined): boolean {
  return message >= first && message < (next?.message ?? Number.POSITIVE_INFINITY);
}

/** Messages of a step that a page shows. */
const maxMessages = 20;

/** Lists the messages of each step: its answers, the results of their calls wherever they are, and what else follows them. */
function listMessages(groups: readonly Group[], entries: readonly IndexedEntry[]): number[][] {
  const stepsByGroup: number[][] = groups.map(() => []);
  const stepOfAnswer = new Map(
    groups.flatMap(({ own }, step) => own.map(({ message }) => [message, step] as const)),
  );
  const stepOfCall = new Map<unknown, number>();
  let last: number | undefined;
  for (const { message, entry } of entries) {
    const answeredStep = stepOfAnswer.get(message);
    if (answeredStep !== undefined) {
      last = answeredStep;
      for (const { id } of listCallsIn(entry)) stepOfCall.set(id, answeredStep);
    }
    const step = answeredStep ?? stepOfCall.get(entry.tool_call_id) ?? last;
    const stepPlaces = step === undefined ? undefined : stepsByGroup[step];
    if (stepPlaces && stepPlaces.length < maxMessages) stepPlaces.push(message);
  }
  return stepsByGroup;
}

type Durations = Pick<Step, 'model_seconds' | 'command_seconds'>;
const noDurations: Durations = { model_seconds: null, command_seconds: null };

/** From the times of messages: the model answers after the message before, and results come after its answer. */
function listDurations(
  groups: readonly Group[],
  entries: readonly IndexedEntry[],
  messages: readonly (readonly number[])[],
): Durations[] {
  const places = new Map(entries.map(({ message }, place) => [message, place]));
  const timeOf = (place: number | undefined): number | undefined =>
    place === undefined ? undefined : findUnixSeconds(entries[place]?.entry.timestamp);
  const subtractTimes = (from: number | undefined, to: number | undefined): number | null =>
    from === undefined || to === undefined ? null : Math.max(0, to - from);
  return groups.map(({ own }, index) => {
    const [first, last] = [own[0], own.at(-1)].map((indexedEntry) => places.get(indexedEntry?.message ?? -1));
    if (first === undefined || last === undefined) return noDurations;
    const results = (messages[index] ?? [])
      .map((message) => places.get(message))
      .filter((place) => place !== undefined && place > last && entries[place]?.entry.role === 'tool');
    return {
      model_seconds: subtractTimes(timeOf(first - 1), timeOf(first)),
      command_seconds: subtractTimes(timeOf(last), timeOf(results.at(-1))),
    };
  });
}

/** Builds a step of a trial that has no trajectory yet. */
function buildRunningStep(
  event: StepEvent,
  answerEvents: readonly AnswerEvent[],
  next: StepEvent | undefined,
  start: number,
): WorkedStep {
  const stepTexts = answerEvents
    .filter(({ message }) => isWithin(message, event, next))
    .map(({ text }) => text);
  const asCommand = (command: string): TrajectoryEntry => ({ tool_calls: [{ arguments: { command } }] });
  return {
    step: event.steps,
    seconds: Math.max(0, getSeconds(event) - start),
    message: null,
    messages: [],
    ...noDurations,
    summary: formatFirstLine(stepTexts.at(-1) ?? ''),
    communicates: stepTexts.some((text) => communicates(asCommand(text))),
    cost: null,
    total_cost: totalOf(event),
    input_tokens: null,
    output_tokens: null,
    commands: stepTexts.join('\n'),
  };
}

function totalOf(event: StepEvent | undefined): number | null {
  return event === undefined || event.cost_known === false ? null : parseNumber(event.cost);
}

function computeRise(event: StepEvent, previous: StepEvent | undefined): number | null {
  const [total, previousTotal] = [totalOf(event), previous === undefined ? 0 : totalOf(previous)];
  return total === null || previousTotal === null ? null : total - previousTotal;
}

/** Returns null if a message does not say. */
function sumOf(
  groupEntries: readonly IndexedEntry[],
  key: 'cost' | 'input_tokens' | 'output_tokens',
): number | null {
  const values = groupEntries.map(({ entry }) =>
    parseNumber((entry as Readonly<Record<string, unknown>>)[key]),
  );
  return values.length === 0 || values.includes(null)
    ? null
    : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** The info string of a fenced block is not a command. */
function getSummary(entry: TrajectoryEntry, commands: string): string {
  const fenced = !Array.isArray(entry.tool_calls) || entry.tool_calls.length === 0;
  const command = fenced ? commands.replace(/^\w*\n/, '') : commands;
  return formatFirstLine(command) || formatFirstLine(formatContentText(entry.content));
}
