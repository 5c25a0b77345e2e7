import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentContext, FeatureSet, SeatPlan, Setting } from '@cooperbench/core';
import { callPlugin, requireText, type TrialChannels } from '@cooperbench/core/host';
import type { RunningSeat, Trial } from './trial.ts';

/** What the setting and the channels tell an agent. */
export type SeatBrief = Pick<AgentContext, 'instructions' | 'channels' | 'inbox'> & { readonly task: string };

/** Asks the setting and the channels before any agent starts, so that a fault in them costs nothing. @throws PluginError. */
export async function readSeatBrief(
  trial: Trial,
  { plan, phase }: Pick<RunningSeat, 'plan' | 'phase'>,
  channels: TrialChannels,
): Promise<SeatBrief> {
  const { setting, seats } = trial;
  const { instructions } = setting;
  const descriptions = await readDescriptions(trial.featureSet);
  const ask = (method: string, call: () => string): Promise<string> =>
    callPlugin(`${setting.title} failed in ${method}`, () => requireText(call(), method));
  const plans = seats.map((seat) => seat.plan);
  return {
    task: phase?.task ?? (await ask('task', () => describeTask(setting, plan, descriptions))),
    instructions: instructions && (await ask('instructions', () => instructions.call(setting, plan, plans))),
    channels: await channels.instructions(plan),
    inbox: await channels.inbox(plan.id),
  };
}

export async function readDescriptions({ task, features }: FeatureSet): Promise<ReadonlyMap<number, string>> {
  const entries = features.map(
    async (id) => [id, await readFile(join(task.directory, `feature${id}`, 'feature.md'), 'utf8')] as const,
  );
  return new Map(await Promise.all(entries));
}

/** Describes the task of a seat without phases. */
export function describeTask(
  setting: Setting,
  plan: SeatPlan,
  descriptions: ReadonlyMap<number, string>,
): string {
  return setting.task ? setting.task(plan, descriptions) : describeFeatures(descriptions, plan.features);
}

/**
 * Describes the description of the seat's feature. Several features become `## Feature N` sections with `---` between them, as
 * in the original.
 */
function describeFeatures(descriptions: ReadonlyMap<number, string>, features: readonly number[]): string {
  const ownDescriptions = [...descriptions].filter(([id]) => features.includes(id));
  const [[, onlyDescription = ''] = [], ...otherDescriptions] = ownDescriptions;
  if (otherDescriptions.length === 0) return onlyDescription;
  return ownDescriptions.map(([id, text]) => `## Feature ${id}\n\n${text.trim()}\n`).join('\n---\n\n');
}
