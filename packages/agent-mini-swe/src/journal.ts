import {
  type AgentContext,
  AgentError,
  type ModelUsage,
  type SeatLimits,
  type TrajectoryMessage,
} from '@cooperbench/core';
import type { AgentConfig } from './config/load.ts';
import type { Reply, ToolResult, Turn } from './model/chat-model.ts';
import { parseArguments } from './shell/bash-call.ts';

/** A model turn and what followed it: its results and user messages. Never split, so that calls keep their results. */
type Exchange = Turn[];

/** English and code have about four characters per token. Used until a call has reported its tokens. */
const estimatedTokensPerCharacter = 1 / 4;

/**
 * Everything that happened in a seat. It keeps the conversation that the model is shown, as much of it as fits, records each
 * event with core as it happens, and counts steps and cost against the limits.
 */
export class Journal {
  /** The lower limit wins. */
  readonly maxSteps: number;
  readonly #maxCostUsd: number;
  readonly #configuredMaxCostUsd: number | undefined;
  readonly #record: AgentContext['record'];
  readonly #compaction: AgentConfig['compaction'];
  readonly #warned = new Set<string>();
  #steps = 0;
  #costUsd = 0;
  #system = '';
  #task = '';
  /** User messages before the first answer. */
  #opening: Turn[] = [];
  #exchanges: Exchange[] = [];
  #removed = 0;
  /** The model's summary of the turns that were removed. */
  #summary = '';
  #tokensPerCharacter = estimatedTokensPerCharacter;

  constructor(
    record: AgentContext['record'],
    limits: readonly [ofRun?: SeatLimits, configured?: SeatLimits],
    compaction: AgentConfig['compaction'],
  ) {
    const findLowest = (key: keyof SeatLimits): number =>
      Math.min(...limits.map((limitSet) => limitSet?.[key] ?? Number.POSITIVE_INFINITY));
    this.maxSteps = findLowest('maxSteps');
    this.#maxCostUsd = findLowest('maxCostUsd');
    this.#configuredMaxCostUsd = limits[1]?.maxCostUsd;
    this.#record = record;
    this.#compaction = compaction;
  }

  /** Returns the limit that the seat has reached, or undefined. */
  limitReached(): string | undefined {
    if (this.#steps >= this.maxSteps) return `the step limit (${this.maxSteps})`;
    if (this.#costUsd >= this.#maxCostUsd) return `the cost limit (${this.#maxCostUsd} USD)`;
    return undefined;
  }

  start(system: string, task: string): void {
    this.#system = system;
    this.#task = task;
    this.#message({ role: 'system', content: system });
    this.#message({ role: 'user', content: task });
  }

  /** Adds a user message. */
  say(text: string): void {
    (this.#exchanges.at(-1) ?? this.#opening).push({ role: 'user', text });
    this.#message({ role: 'user', content: text });
  }

  answer(reply: Reply): void {
    const { text, toolCalls, native, usage } = reply;
    const measured = usage.inputTokens / computeLength(this.turns());
    if (measured > 0) this.#tokensPerCharacter = measured;
    this.#exchanges.push([{ role: 'assistant', text, toolCalls, native }]);
    this.#steps += 1;
    this.spend(usage);
    this.#record({ type: 'step' });
    this.#recordAnswer(reply);
  }

  #recordAnswer({ text, reasoning, toolCalls, usage, warnings = [] }: Reply): void {
    for (const warning of warnings) this.#warn(`the model's client warns: ${warning}`);
    const calls = toolCalls.map(({ id, name, arguments: argumentsText }) => ({
      id,
      name,
      arguments: parseArguments(argumentsText) ?? argumentsText,
    }));
    this.#message({
      role: 'assistant',
      content: text,
      ...(reasoning && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(usage.costUsd !== undefined && { cost: usage.costUsd }),
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
    });
  }

  /**
   * Counts a call. Core checks the limits of the run. @throws AgentError `COST_UNKNOWN` when the agent configuration limits
   * a cost that is not known.
   */
  spend(usage: ModelUsage): void {
    this.#costUsd += usage.costUsd ?? 0;
    this.#record({ type: 'usage', usage });
    if (usage.costUsd === undefined && this.#configuredMaxCostUsd !== undefined)
      throw new AgentError(
        'COST_UNKNOWN',
        'The agent cannot enforce limits.cost_usd: the price of the model or the tokens of an answer are not known.',
        { scope: 'run', hint: 'State the price in the agent configuration, or remove the limit from it.' },
      );
  }

  /** Adds the result of one of the last answer's tool calls. */
  result(result: ToolResult): void {
    const exchange = this.#exchanges.at(-1) ?? [];
    const last = exchange.at(-1);
    if (last?.role === 'tool')
      exchange[exchange.length - 1] = { role: 'tool', results: [...last.results, result] };
    else exchange.push({ role: 'tool', results: [result] });
    this.#message({ role: 'tool', name: result.name, tool_call_id: result.id, content: result.text });
  }

  log(text: string): void {
    this.#record({ type: 'log', text });
  }

  notice(text: string): void {
    this.#record({ type: 'notice', text });
  }

  /** Returns the conversation that the model sees next. */
  turns(): Turn[] {
    return this.#prependStart(this.#exchanges);
  }

  #prependStart(exchanges: readonly Exchange[]): Turn[] {
    return [
      { role: 'system', text: this.#system },
      { role: 'user', text: this.#task + this.#note() },
      ...this.#opening,
      ...exchanges.flat(),
    ];
  }

  #note(): string {
    if (this.#removed === 0) return '';
    const note = `${this.#removed} earlier turns of yours were left out here to save space. The work tree holds what they changed.`;
    return this.#summary === ''
      ? `\n\n[${note}]`
      : `\n\n[${note} Your summary of them follows.]\n\n${this.#summary}`;
  }

  /**
   * Returns the turns that a summary replaces, after what comes before them. Returns undefined if the conversation is short
   * enough.
   */
  earlierTurns(): Turn[] | undefined {
    const { threshold_tokens, keep_turns } = this.#compaction;
    const earlierExchanges = this.#exchanges.slice(0, -keep_turns);
    if (earlierExchanges.length === 0 || this.#countTokens(this.turns()) <= threshold_tokens)
      return undefined;
    return this.#prependStart(earlierExchanges);
  }

  /** Replaces the earlier turns by the summary that the model gave on request. */
  summarise(request: string, reply: Reply): void {
    this.#message({ role: 'user', content: request });
    this.spend(reply.usage);
    this.#recordAnswer(reply);
    this.#summary = reply.text.trim();
    this.#remove(this.#exchanges.length - this.#compaction.keep_turns);
  }

  /**
   * Removes turns without a summary: keeps the last ones that fit in a quarter of the length, and always one. Returns false
   * when nothing more can be removed.
   */
  shorten(): boolean {
    const budget = this.#countTokens(this.turns()) / 4;
    let keptTokens = 0;
    let usedTokens = 0;
    for (const exchange of this.#exchanges.toReversed()) {
      usedTokens += this.#countTokens(exchange);
      if (keptTokens > 0 && usedTokens > budget) break;
      keptTokens += 1;
    }
    return this.#remove(this.#exchanges.length - keptTokens);
  }

  #remove(count: number): boolean {
    this.#removed += count;
    this.#exchanges = this.#exchanges.slice(count);
    return count > 0;
  }

  #countTokens(turns: readonly Turn[]): number {
    return computeLength(turns) * this.#tokensPerCharacter;
  }

  #warn(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.log(text);
  }

  #message(message: Omit<TrajectoryMessage, 'timestamp'>): void {
    this.#record({ type: 'message', message: { ...message, timestamp: Date.now() / 1000 } });
  }
}

/** Returns the length in characters. */
function computeLength(turns: readonly Turn[]): number {
  const texts = turns.flatMap((turn) => {
    if (turn.role === 'tool') return turn.results.map(({ text }) => text);
    if (turn.role === 'assistant') return [turn.text, ...turn.toolCalls.map((call) => call.arguments)];
    return [turn.text];
  });
  return texts.reduce((sum, text) => sum + text.length, 0);
}
