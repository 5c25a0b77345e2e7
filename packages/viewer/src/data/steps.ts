import type { RunEvent } from '@cooperbench/records';
import {
  commandsOf,
  communicates,
  groupAnswers,
  secondsOf,
  type TrajectoryEntry,
  unixSeconds,
} from '@cooperbench/report';
import type { Step } from './model.ts';
import { contentText, firstLine, numberOf } from './texts.ts';
import { callsIn, type IndexedEntry, type TrajectoryIndex } from './trajectory-index.ts';

/** A step with the text of what it ran, which only the search for evidence needs. */
export interface WorkedStep extends Step {
  readonly commands: string;
}

type StepEvent = Extract<RunEvent, { readonly type: 'step' }>;
type AnswerEvent = Extract<RunEvent, { readonly type: 'answer' }>;

/** The steps of a seat: from its trajectory with the events beside it or, while the trial runs, from its events alone. */
export function stepsOfSeat(
  seat: string,
  { entries }: Pick<TrajectoryIndex, 'entries'>,
  events: readonly RunEvent[],
  start: number,
): WorkedStep[] {
  const recorded = events.filter((event): event is StepEvent => event.type === 'step' && event.seat === seat);
  const answers = entries.filter(({ entry }) => entry.role === 'assistant');
  const said = events.filter((event): event is AnswerEvent => event.type === 'answer' && event.seat === seat);
  if (answers.length === 0)
    return recorded.map((event, index) => runningStep(event, said, recorded[index + 1], start));
  const groups = groupsOf(recorded, answers, entries);
  const messages = messagesOf(groups, entries);
  const durations = durationsOf(groups, entries, messages);
  let spent: number | null = 0;
  return groups.map(({ event, added, own }, index) => {
    const cost = event?.cost_known === false ? null : (sumOf(own, 'cost') ?? added);
    spent = spent === null || cost === null ? null : spent + cost;
    const commands = own.map(({ entry }) => commandsOf(entry).join('\n'));
    const telling = Math.max(0, commands.findIndex(Boolean));
    const [first] = own;
    const time = unixSeconds(first?.entry.timestamp) ?? (event ? secondsOf(event) : null);
    return {
      step: index + 1,
      seconds: time === null ? null : Math.max(0, time - start),
      message: first?.message ?? null,
      messages: messages[index] ?? [],
      ...(durations[index] ?? noDurations),
      summary: own[telling] ? summaryOf(own[telling].entry, commands[telling] ?? '') : '',
      communicates: own.some(({ entry }) => communicates(entry)),
      cost,
      total_cost: spent ?? totalOf(event),
      input_tokens: sumOf(own, 'input_tokens'),
      output_tokens: sumOf(own, 'output_tokens'),
      commands: commands.join('\n'),
    };
  });
}

/** The answers of one step, and its event. */
interface Group {
  readonly event: StepEvent | undefined;
  /** What the step added to the cost, as the events tell. Null: they do not. */
  readonly added: number | null;
  readonly own: readonly IndexedEntry[];
}

/**
 * Events say with which message each step begins. Without that, as in runs of earlier releases and of agents that hand in
 * their trajectory at the end, each answer of the model is a step. All parts of an answer are where its first one is.
 */
function groupsOf(
  recorded: readonly StepEvent[],
  answers: readonly IndexedEntry[],
  entries: readonly IndexedEntry[],
): Group[] {
  const firsts = new Set(recorded.map(({ message }) => numberOf(message)));
  if (firsts.size === 0 || firsts.has(null) || (firsts.size === 1 && recorded.length > 1))
    return groupAnswers(entries.map(({ message, entry }) => ({ ...entry, message, entry })))
      .filter(([first]) => first?.role === 'assistant')
      .map((own, index) => ({ event: recorded[index], added: null, own }));
  const known = answers.filter(({ entry }) => typeof entry.response_id === 'string');
  const firstParts = new Map(known.toReversed().map(({ message, entry }) => [entry.response_id, message]));
  return recorded.map((event, index) => {
    const own = answers.filter(({ message, entry }) =>
      isWithin(firstParts.get(entry.response_id) ?? message, event, recorded[index + 1]),
    );
    return { event, added: rise(event, recorded[index - 1]), own };
  });
}

function isWithin(message: number, { message: first }: StepEvent, next: StepEvent | undefined): boolean {
  return message >= first && message < (next?.message ?? Number.POSITIVE_INFINITY);
}

/** Messages of a step that a page shows. */
const mostMessages = 20;

/** The messages of each step: its answers, the results of their calls wherever they are, and what else follows them. */
function messagesOf(groups: readonly Group[], entries: readonly IndexedEntry[]): number[][] {
  const found: number[][] = groups.map(() => []);
  const stepOfAnswer = new Map(
    groups.flatMap(({ own }, step) => own.map(({ message }) => [message, step] as const)),
  );
  const stepOfCall = new Map<unknown, number>();
  let last: number | undefined;
  for (const { message, entry } of entries) {
    const answered = stepOfAnswer.get(message);
    if (answered !== undefined) {
      last = answered;
      for (const { id } of callsIn(entry)) stepOfCall.set(id, answered);
    }
    const step = answered ?? stepOfCall.get(entry.tool_call_id) ?? last;
    const own = step === undefined ? undefined : found[step];
    if (own && own.length < mostMessages) own.push(message);
  }
  return found;
}

type Durations = Pick<Step, 'model_seconds' | 'command_seconds'>;
const noDurations: Durations = { model_seconds: null, command_seconds: null };

/** From the times of messages: the model answers after the message before, and results come after its answer. */
function durationsOf(
  groups: readonly Group[],
  entries: readonly IndexedEntry[],
  messages: readonly (readonly number[])[],
): Durations[] {
  const places = new Map(entries.map(({ message }, place) => [message, place]));
  const timeOf = (place: number | undefined): number | undefined =>
    place === undefined ? undefined : unixSeconds(entries[place]?.entry.timestamp);
  const subtractTimes = (from: number | undefined, to: number | undefined): number | null =>
    from === undefined || to === undefined ? null : Math.max(0, to - from);
  return groups.map(({ own }, index) => {
    const [first, last] = [own[0], own.at(-1)].map((one) => places.get(one?.message ?? -1));
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

/** A step of a trial that has no trajectory yet. */
function runningStep(
  event: StepEvent,
  said: readonly AnswerEvent[],
  next: StepEvent | undefined,
  start: number,
): WorkedStep {
  const own = said.filter(({ message }) => isWithin(message, event, next)).map(({ text }) => text);
  const asCommand = (command: string): TrajectoryEntry => ({ tool_calls: [{ arguments: { command } }] });
  return {
    step: event.steps,
    seconds: Math.max(0, secondsOf(event) - start),
    message: null,
    messages: [],
    ...noDurations,
    summary: firstLine(own.at(-1) ?? ''),
    communicates: own.some((text) => communicates(asCommand(text))),
    cost: null,
    total_cost: totalOf(event),
    input_tokens: null,
    output_tokens: null,
    commands: own.join('\n'),
  };
}

function totalOf(event: StepEvent | undefined): number | null {
  return event === undefined || event.cost_known === false ? null : numberOf(event.cost);
}

function rise(event: StepEvent, before: StepEvent | undefined): number | null {
  const [total, earlier] = [totalOf(event), before === undefined ? 0 : totalOf(before)];
  return total === null || earlier === null ? null : total - earlier;
}

/** Null: a message does not say. */
function sumOf(own: readonly IndexedEntry[], key: 'cost' | 'input_tokens' | 'output_tokens'): number | null {
  const values = own.map(({ entry }) => numberOf((entry as Readonly<Record<string, unknown>>)[key]));
  return values.length === 0 || values.includes(null)
    ? null
    : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** The info string of a fenced block is not a command. */
function summaryOf(entry: TrajectoryEntry, commands: string): string {
  const fenced = !Array.isArray(entry.tool_calls) || entry.tool_calls.length === 0;
  const command = fenced ? commands.replace(/^\w*\n/, '') : commands;
  return firstLine(command) || firstLine(contentText(entry.content));
}
