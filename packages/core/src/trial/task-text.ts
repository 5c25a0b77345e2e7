import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeatPlan, Setting } from '../contracts/setting.ts';
import type { FeatureSet } from '../contracts/task.ts';

/**
 * The description of a seat's task. The setting may provide it. Otherwise it is the description of the seat's feature;
 * several features become `## Feature N` sections with `---` between them, as in the original.
 */
export async function taskText(
  setting: Setting,
  seat: SeatPlan,
  { task, features }: FeatureSet,
): Promise<string> {
  const entries = features.map(
    async (id) => [id, await readFile(join(task.directory, `feature${id}`, 'feature.md'), 'utf8')] as const,
  );
  const descriptions = new Map(await Promise.all(entries));
  if (setting.task) return setting.task(seat, descriptions);
  const own = [...descriptions].filter(([id]) => seat.features.includes(id));
  const [[, only = ''] = [], ...others] = own;
  if (others.length === 0) return only;
  return own.map(([id, text]) => `## Feature ${id}\n\n${text.trim()}\n`).join('\n---\n\n');
}
