import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ControlResult,
  EvaluationContext,
  JobReport,
  JobResult,
  Submission,
  Task,
} from '@cooperbench/core';
import { type CanaryRun, readCanary } from './canary.ts';
import { parseFacts } from './facts.ts';
import { canaryStep, type JobContext, jobsOf } from './jobs.ts';
import { runGroupedJobs } from './run-grouped-jobs.ts';
import { formatLastLine, ranNoTest } from './test-result.ts';
import { findFaultBeforeTests, findTroubles } from './trouble.ts';

/** How long it counts that a task was usable. */
const validMs = 15 * 60_000;

/** A feature whose golden patch can answer a question about a verdict. */
export interface ControlRequest {
  readonly task: Task;
  readonly feature: number;
  /** `runs`: whether the task's tests run at all. `canary`: whether the feature's canary fails as it must. */
  readonly question: 'runs' | 'canary';
}

interface Control {
  readonly result: ControlResult;
  readonly canary: CanaryRun | undefined;
  readonly madeAt: number;
}

/**
 * Runs the tests of a feature on the tree of its golden patch, in a sandbox that no code of an agent has reached. What happens
 * there says whether a task is usable, and whether its canaries are evidence. Keeps answers for a quarter of an hour; that
 * a task was not usable, until somebody asks again.
 */
export class Controls {
  readonly #controls = new Map<string, Control>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Returns whether tests of the task ran with a golden patch, of this feature or of another. Returns undefined if it is not
   * known.
   */
  resultOf(task: Task, feature: number): ControlResult | undefined {
    const ownControl = this.#controls.get(getKey(task, feature));
    const otherControls = task.features.map((otherFeature) => this.#controls.get(getKey(task, otherFeature)));
    const results = [ownControl, ...otherControls].flatMap((control) => control?.result ?? []);
    const withStatus = (wantedStatus: ControlResult['status']): ControlResult | undefined =>
      results.find(({ status }) => status === wantedStatus);
    return withStatus('usable') ?? withStatus('unusable') ?? ownControl?.result;
  }

  canaryOf(task: Task, feature: number): CanaryRun | undefined {
    return this.#controls.get(getKey(task, feature))?.canary;
  }

  /** Answers what is not known yet: one sandbox for each task whose tests may not run, and for each canary. */
  async answer(requests: readonly ControlRequest[], context: EvaluationContext & JobContext): Promise<void> {
    for (const [key, { madeAt, result }] of this.#controls)
      if (result.status !== 'usable' || this.#now() - madeAt > validMs) this.#controls.delete(key);
    const wantedRequests = new Map<string, ControlRequest>();
    for (const request of requests) {
      const { task, feature, question } = request;
      const isSameTask = ({ task: { directory, image } }: ControlRequest): boolean =>
        directory === task.directory && image === task.image;
      const isKnown =
        question === 'canary'
          ? this.#controls.has(getKey(task, feature))
          : this.resultOf(task, feature) !== undefined || [...wantedRequests.values()].some(isSameTask);
      if (!isKnown) wantedRequests.set(getKey(task, feature), request);
    }
    const buildJobs = async (request: ControlRequest): ReturnType<typeof jobsOf> => {
      return buildGoldenJobs(await readGoldenSubmission(request), context);
    };
    for await (const { item, ...outcome } of runGroupedJobs(
      [...wantedRequests.values()],
      buildJobs,
      context,
    )) {
      const { feature } = item;
      const control =
        'results' in outcome
          ? buildControl(feature, outcome.results[0])
          : {
              result: { featureId: feature, status: 'unavailable' as const, lastLine: '' },
              canary: undefined,
            };
      this.#controls.set(getKey(item.task, feature), { ...control, madeAt: this.#now() });
    }
  }

  /**
   * Runs the golden patch of a feature now, alone, and looks at the machine whether or not its tests pass. `unsound`: what is
   * wrong with a machine on which no code of an agent has a part. `result`: the answer for eval.json.
   */
  async lookAtMachine(
    request: Pick<ControlRequest, 'task' | 'feature'>,
    context: EvaluationContext & JobContext,
  ): Promise<{ readonly result: ControlResult; readonly unsound: string | undefined }> {
    const { feature } = request;
    let golden: Submission;
    try {
      golden = await readGoldenSubmission(request);
    } catch {
      return { result: { featureId: feature, status: 'unavailable', lastLine: '' }, unsound: undefined };
    }
    const jobs = (await buildGoldenJobs(golden, context)).map((job) => ({
      ...job,
      steps: job.steps?.map(({ afterFailure: _, ...step }) => step),
    }));
    const [result] = await Array.fromAsync(context.runJobs(jobs));
    const control = buildControl(feature, result);
    const unsound =
      findInfrastructureFault(result) ??
      (result && 'markedLines' in result ? findTroubles(result, golden)[0]?.sign : undefined);
    return { result: control.result, unsound };
  }
}

function buildControl(feature: number, result: JobResult | undefined): Omit<Control, 'madeAt'> {
  const report = result && 'markedLines' in result ? result : undefined;
  const step = report?.steps?.get(`${feature}`);
  const canary = report && readCanary(parseFacts(report.markedLines), report.steps?.get(canaryStep));
  const fault = step ? undefined : findInfrastructureFault(result);
  const status =
    fault !== undefined || (step && ranNoTest(step)) ? 'unusable' : step ? 'usable' : 'unavailable';
  const last = step ? formatLastLine(step) : (fault ?? '').slice(0, 200);
  return { result: { featureId: feature, status, lastLine: last }, canary };
}

/** Finds why infrastructure failed a job. */
function findInfrastructureFault(result: JobResult | undefined): string | undefined {
  if (result === undefined) return 'the backend gave no result';
  if ('error' in result) return result.error;
  if (result.endedEarly)
    return result.endedEarly.stderr || `the program exited ${result.endedEarly.exitCode}`;
  return findFaultBeforeTests(result) ?? result.lost;
}

/** There is one patch, so no policy has a part in it. */
function buildGoldenJobs(
  golden: Submission,
  { runName, layers, canaries }: JobContext,
): ReturnType<typeof jobsOf> {
  return jobsOf(golden, { policy: { name: 'strict', strategy: 'strict' }, runName, layers, canaries });
}

/**
 * Reads the submission of a feature's golden patch alone. @throws errors of the file system, as when there is no golden patch.
 */
export async function readGoldenSubmission({
  task,
  feature,
}: Pick<ControlRequest, 'task' | 'feature'>): Promise<Submission> {
  const patch = await readFile(join(task.directory, `feature${feature}`, 'feature.patch'));
  return {
    id: `golden/${task.repo}/${task.taskId}/f${feature}`,
    task,
    setting: 'golden',
    judged: 'single',
    features: [feature],
    patches: [{ seat: 'golden', features: [feature], patch }],
    untrusted: false,
  };
}

/** Lists the features of a report whose runner ended without a test. */
export function listFeaturesWithoutTests({ features }: Submission, { steps }: JobReport): number[] {
  return features.filter((feature) => {
    const step = steps?.get(`${feature}`);
    return step !== undefined && ranNoTest(step);
  });
}

function getKey({ directory, image }: Task, feature: number): string {
  return JSON.stringify([directory, image, feature]);
}
