import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reply } from '../child.ts';
import type { Resources } from './run-trials.ts';

/**
 * The floor: writes the files of one finished trial as often as there are trials, and nothing else.
 * Arguments: a folder, how many, the trial's folder.
 */
const [folder = '', count = '', trial = ''] = process.argv.slice(2);
const files = readdirSync(trial).map((name) => [name, readFileSync(join(trial, name))] as const);
const started = performance.now();
for (let index = 0; index < Number(count); index += 1) {
  const directory = join(folder, 'floor', String(index % 225), String(index));
  mkdirSync(`${directory}.running`, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(`${directory}.running`, name), content);
  renameSync(`${directory}.running`, directory);
}
const wallMs = performance.now() - started;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
reply({ cpuMs: (userCPUTime + systemCPUTime) / 1000, wallMs, peakMiB: maxRSS / 1024 } satisfies Resources);
