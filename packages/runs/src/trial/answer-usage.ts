import type { ModelUsage } from '@cooperbench/core';

/** A message of the model in a trajectory. */
export interface StoredAnswer {
  /** Unix seconds. */
  readonly timestamp: number;
  readonly id?: string | undefined;
}

/** The usage of a model's answer. Times are unix seconds. */
export interface AnswerUsage extends Pick<ModelUsage, 'costUsd' | 'inputTokens' | 'outputTokens'> {
  readonly began?: number | undefined;
  readonly ended: number;
  readonly id?: string | undefined;
}

/**
 * Finds the first message of each answer, by the id of the answer, or else by time. Leaves out answers that ran at the same time
 * as others, such as those of sub-agents, unless their ids are known. The pairs are in the order of the messages.
 */
export function matchUsageToAnswers<Answer extends StoredAnswer>(
  answers: readonly Answer[],
  usages: readonly AnswerUsage[],
): (readonly [Answer, AnswerUsage])[] {
  const usageByAnswer = new Map<Answer, AnswerUsage>();
  const foundIds = new Set<string>();
  const firstOf = new Map<string, Answer>();
  for (const answer of answers) if (answer.id && !firstOf.has(answer.id)) firstOf.set(answer.id, answer);
  const rest: (AnswerUsage & { readonly began: number })[] = [];
  for (const usage of usages) {
    const first = usage.id && firstOf.get(usage.id);
    if (usage.id && first) {
      usageByAnswer.set(first, usage);
      foundIds.add(usage.id);
    } else if (usage.began !== undefined) rest.push({ ...usage, began: usage.began });
  }
  rest.sort((left, right) => left.began - right.began);
  // A framework may know an answer by an id of its own.
  const otherAnswers = answers.filter(({ id }) => id === undefined || !foundIds.has(id));
  let usageIndex = 0;
  let busyUntil = Number.NEGATIVE_INFINITY;
  for (const [index, usage] of rest.entries()) {
    const next = rest[index + 1]?.began ?? Number.POSITIVE_INFINITY;
    while ((otherAnswers[usageIndex]?.timestamp ?? Number.POSITIVE_INFINITY) < usage.began) usageIndex += 1;
    const first = otherAnswers[usageIndex];
    const isAlone = busyUntil <= usage.began && usage.ended <= next;
    if (isAlone && first !== undefined && first.timestamp < next) usageByAnswer.set(first, usage);
    busyUntil = Math.max(busyUntil, usage.ended);
  }
  return answers.flatMap((answer) => {
    const usage = usageByAnswer.get(answer);
    return usage === undefined ? [] : [[answer, usage] as const];
  });
}
