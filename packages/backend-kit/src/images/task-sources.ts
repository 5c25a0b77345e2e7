import { readdir } from 'node:fs/promises';

/** Golden patches, hidden tests, files that describe them, and history. */
const secret = [/^feature\d*$/, /\.patch$/, /^expected-verdicts\.json$/, /^\.git$/];

/**
 * Returns the sorted names in a task's folder that `setup.sh` and the Dockerfile may read. Nothing else may reach a sandbox
 * of an agent, even for a moment, or a layer of an image.
 */
export async function taskSources(taskDir: string): Promise<string[]> {
  const names = await readdir(taskDir);
  return names.filter((name) => !secret.some((pattern) => pattern.test(name))).sort();
}

/**
 * Returns whether the image belongs to a sample task. No registry has these images: a pull would run whatever somebody
 * published there.
 */
export function isSampleImage(image: string): boolean {
  return image.startsWith('cooperbench-sample/');
}
