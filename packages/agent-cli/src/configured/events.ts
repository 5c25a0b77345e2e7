import { message } from '@cooperbench/agent-kit';
import type { TrajectoryMessage } from '@cooperbench/core';

/** The meaning of events that have the values in `when`. Other keys are paths into the event, such as `message.content.0.text`. */
export interface EventRule {
  readonly when: Readonly<Record<string, string | number | boolean>>;
  readonly each?: string;
  readonly say?: string;
  readonly call?: { readonly id?: string; readonly name?: string; readonly arguments?: string };
  readonly think?: string;
  readonly result?: string;
  readonly resultId?: string;
  readonly subagent?: string;
  readonly failed?: string;
  readonly finished?: true;
}

/** Something that a rule finds in an event. */
export interface FoundEvent {
  readonly message?: TrajectoryMessage;
  readonly failed?: string;
  readonly finished?: true;
}

/** Returns all that the rules find in an event. */
export function* interpretEvent(rules: readonly EventRule[], event: object): Generator<FoundEvent> {
  for (const rule of rules)
    for (const part of listParts(event, rule.each))
      if (Object.entries(rule.when).every(([path, value]) => valueAt(part, path) === value))
        yield* matchRule(rule, part);
}

function* matchRule(rule: EventRule, event: object): Generator<FoundEvent> {
  const { say, think, call, result, failed, finished } = rule;
  const formatText = (path: string | undefined): string => stringify(path && valueAt(event, path));
  const subagent = formatText(rule.subagent);
  if (formatText(think) !== '')
    yield { message: message('assistant', '', { reasoning_content: formatText(think), subagent }) };
  if (formatText(say) !== '') yield { message: message('assistant', formatText(say), { subagent }) };
  if (call !== undefined) {
    const input = call.arguments === undefined ? {} : valueAt(event, call.arguments);
    const toolCall = { id: formatText(call.id), name: formatText(call.name), arguments: input ?? {} };
    yield { message: message('assistant', '', { tool_calls: [toolCall], subagent }) };
  }
  const tool_call_id = formatText(rule.resultId ?? call?.id);
  if (result !== undefined)
    yield { message: message('tool', formatText(result), { tool_call_id, subagent }) };
  if (failed !== undefined) yield { failed: formatText(failed) || 'it does not say why' };
  if (finished) yield { finished };
}

/** Lists the event, or one for each element of an array in it. */
function listParts(event: object, listKey: string | undefined): readonly object[] {
  if (listKey === undefined) return [event];
  const items = valueAt(event, listKey);
  return Array.isArray(items) ? items.map((item) => ({ ...event, item })) : [];
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (current, key) =>
        typeof current === 'object' && current !== null && Object.hasOwn(current, key)
          ? (current as Record<string, unknown>)[key]
          : undefined,
      value,
    );
}

function stringify(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}
