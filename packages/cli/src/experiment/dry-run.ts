import type { Failure } from '@cooperbench/command';
import { count } from '@cooperbench/command/figures';
import { type CheckedImage, findModelOfSeat, type RunCheck } from '@cooperbench/runs';

/** Maximum images that a line names. */
const maxNamed = 3;

/** A reason why runs would not start. */
export interface Problem extends Pick<Failure, 'code'> {
  readonly message: string;
  /** The runs that have this problem. */
  readonly runs: readonly string[];
}

/** Collects the problems of all runs, each once, with the texts for the user. */
export async function findProblems(
  checks: readonly RunCheck[],
  describe: (error: unknown, run: number) => Promise<Failure>,
): Promise<Problem[]> {
  const errors: { code: string; message: string; run: string }[] = [];
  for (const [index, { plan, problems }] of checks.entries())
    for (const problem of problems) {
      const { code, text: message } = await describe(problem, index);
      errors.push({ code, message, run: plan.name });
    }
  return [...Map.groupBy(errors, ({ message }) => message).values()].map((sameProblems) => ({
    code: sameProblems[0]?.code ?? '',
    message: sameProblems[0]?.message ?? '',
    runs: sameProblems.map(({ run }) => run),
  }));
}

/** Formats the line of a problem. Names the runs unless all of them have it. */
export function formatProblemLine({ message, runs }: Problem, checks: readonly RunCheck[]): string {
  return runs.length === checks.length ? message : `${runs.join(', ')}: ${message}`;
}

/** Returns the plan of one run for `--json`. */
export function planOf({ plan, done }: RunCheck): PlanOfRun {
  return {
    name: plan.name,
    log_dir: plan.runDir,
    setting: plan.setting.name,
    trials: plan.trials.map(({ id, featureSet, seats }) => ({
      trial: id,
      done: done.has(id),
      image: featureSet.task.image,
      seats: seats.map((choice) => {
        const { plan, agent, backend } = choice;
        return { seat: plan.id, features: plan.features, agent, model: findModelOfSeat(choice), backend };
      }),
    })),
  };
}

export interface PlanOfRun {
  readonly name: string;
  readonly log_dir: string;
  readonly setting: string;
  readonly trials: readonly {
    readonly trial: string;
    readonly done: boolean;
    readonly image: string;
    readonly seats: readonly {
      readonly seat: string;
      readonly features: readonly number[];
      readonly agent: string;
      /** It is null if the agent uses no model. */
      readonly model: string | null;
      readonly backend: string;
    }[];
  }[];
}

/** Builds the rows of a trial's seats. */
export function buildSeatRows(seats: PlanOfRun['trials'][number]['seats']): string[][] {
  return seats.map(({ seat, features, agent, model, backend }) => [
    seat,
    `${features.length === 1 ? 'feature' : 'features'} ${features.join(', ')}`,
    ...[agent, model ?? '', backend],
  ]);
}

/** Returns each different item once. */
export function removeDuplicates<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** Formats a line such as `Images on docker: 1 of 3 images here` for each backend that knows its images. */
export function formatImageLines(images: readonly CheckedImage[]): string[] {
  const presentImages = images.filter(({ present }) => present !== null);
  return [...Map.groupBy(presentImages, ({ backend }) => backend)].map(([backend, backendImages]) => {
    const missing = backendImages.flatMap(({ image, present }) => (present ? [] : [image]));
    const presenceText = `Images on ${backend}: ${backendImages.length - missing.length} of ${count(backendImages.length, 'image')} here`;
    if (missing.length === 0) return presenceText;
    const moreText = missing.length > maxNamed ? ` and ${missing.length - maxNamed} more` : '';
    return `${presenceText}. Pulled or built before their first trial: ${missing.slice(0, maxNamed).join(', ')}${moreText}`;
  });
}
