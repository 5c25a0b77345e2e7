import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a seat is asked to do: its feature's description, or all of them as `## Feature N` sections with `---` between. */
export async function taskText(taskDir: string, features: readonly number[]): Promise<string> {
  const texts = await Promise.all(
    features.map((id) => readFile(join(taskDir, `feature${id}`, 'feature.md'), 'utf8')),
  );
  if (features.length === 1) return texts[0] ?? '';
  return features.map((id, index) => `## Feature ${id}\n\n${texts[index]?.trim()}\n`).join('\n---\n\n');
}
