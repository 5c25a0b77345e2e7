import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readTrials } from '@cooperbench/records';
import { report } from '../report/report.ts';
import { readDetails } from '../trials/read-details.ts';
import { readRun } from '../trials/read-run.ts';
import { type InspectSample, inspectHeader, inspectSample } from './inspect.ts';
import { ZipFile } from './zip.ts';

export interface InspectExport {
  /** The files that were written. */
  readonly files: readonly string[];
  /** Files that cannot be read, or not completely, each with the reason. */
  readonly problems: readonly string[];
}

/**
 * Writes each setting of a run as a log of Inspect, `<output>/<run>_<setting>.eval`. @throws ConfigError `UNKNOWN_RUN`, `RUN_NAME`,
 * `RUN_FOLDER`; errors of the file system; RangeError: a log would have more than 4 GiB.
 */
export async function exportInspect(logsDir: string, name: string, output: string): Promise<InspectExport> {
  const run = await readRun(logsDir, name);
  const trialsById = new Map((await readTrials(run.directory)).map((trial) => [trial.id, trial]));
  const files: string[] = [];
  await mkdir(output, { recursive: true });
  for (const condition of report([run]).conditions) {
    const path = join(output, `${name}_${condition.setting}.eval`);
    await using zip = await ZipFile.create(path);
    const trials = run.trials.filter(({ setting }) => setting === condition.setting);
    const samples: Pick<InspectSample, 'summary' | 'usage'>[] = [];
    // One after another: trajectories are large.
    for (const trial of trials) {
      const place = trialsById.get(trial.id);
      if (place === undefined) continue;
      const { file, sample, summary, usage } = inspectSample(trial, await readDetails(place));
      await zip.add(file, JSON.stringify(sample));
      samples.push({ summary, usage });
    }
    await zip.add('summaries.json', JSON.stringify(samples.map(({ summary }) => summary)));
    await zip.add('header.json', JSON.stringify(inspectHeader(condition, trials, samples)));
    await zip.close();
    files.push(path);
  }
  return { files, problems: run.problems };
}
