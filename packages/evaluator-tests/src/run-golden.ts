import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EvaluationContext,
  explainFailure,
  type FeatureOfTask,
  type GoldenRun,
  getMessage,
  type Job,
  type JobReport,
  type JobResult,
  type Submission,
} from '@cooperbench/core';
import { readGoldenSubmission } from './control.ts';
import { failingTests } from './failing-tests/index.ts';
import { jobsOf } from './jobs.ts';
import { judge } from './judge.ts';
import { countTests } from './parsers/index.ts';
import { runGroupedJobs } from './run-grouped-jobs.ts';
import { createTaskUnusableError } from './task-unusable.ts';
import { formatLastLine, ranNoTest } from './test-result.ts';
import { listTestsOfPatch } from './tests-of-patch.ts';

/** Only a second run reveals a flaky test, or a name that differs from run to run. */
const runsOfEach = 2;

/**
 * Tests the golden patch of each feature, to find the tests that another patch must run, too, and the tree without it: hidden
 * tests that pass there test nothing.
 */
export async function* runGolden(
  features: readonly FeatureOfTask[],
  context: Pick<EvaluationContext, 'runJobs'>,
): AsyncGenerator<GoldenRun> {
  for await (const { item: target, ...ended } of runGroupedJobs(features, buildGoldenJobs, context))
    yield {
      target,
      outcome:
        'results' in ended
          ? await createOutcomeError(target, ended.results)
          : { failed: getMessage(ended.error), isInfrastructure: false },
    };
}

/** Ends the id of the job that tests the tree without the feature. */
const baseRun = '@base';

/** The policy does not matter: there is one patch and nothing to merge. */
const evaluation = { policy: { name: 'strict', strategy: 'strict' }, runName: 'dataset validate' };

async function buildGoldenJobs(target: FeatureOfTask): Promise<readonly Job[]> {
  const submission = await readGoldenSubmission(target);
  const runs = Array.from({ length: runsOfEach }, (_, run) => ({
    ...submission,
    id: `${submission.id}@${run + 1}`,
  }));
  const base = {
    ...submission,
    id: `${submission.id}${baseRun}`,
    patches: submission.patches.map((patch) => ({ ...patch, patch: new Uint8Array() })),
  };
  return (await Promise.all([...runs, base].map((golden) => jobsOf(golden, evaluation)))).flat();
}

async function createOutcomeError(
  target: FeatureOfTask,
  results: readonly JobResult[],
): Promise<GoldenRun['outcome']> {
  const faults = results.flatMap((result) => ('error' in result ? [result.error] : []));
  if (faults[0] !== undefined) return { failed: faults[0], isInfrastructure: true };
  const jobReports = results as readonly JobReport[];
  const base = jobReports.find(({ id }) => id.endsWith(baseRun));
  const reports = jobReports.filter((jobReport) => jobReport !== base);
  const submission = await readGoldenSubmission(target);
  const failures = reports.flatMap((report) => listFailure(report, target, submission));
  if (failures[0]) {
    const always = failures.length === runsOfEach ? '' : `, in ${failures.length} of ${runsOfEach} runs`;
    return { ...failures[0], failed: failures[0].failed + always };
  }
  const withoutIt = base?.steps?.get(`${target.feature}`);
  if (!withoutIt) return { failed: 'its tests did not run without the feature', isInfrastructure: true };
  const output = Buffer.from(withoutIt.output).toString();
  const counts = countTests(output);
  if (withoutIt.exitCode === 0 && counts && counts.passed > 0 && counts.failed === 0)
    return { failed: `its hidden tests pass without the feature: ${list(counts)}`, isInfrastructure: false };
  const runs = reports.flatMap((report) => {
    const step = report.steps?.get(`${target.feature}`);
    return step ? (countTests(Buffer.from(step.output).toString()) ?? []) : [];
  });
  const count = Math.min(...runs.map(({ passed }) => passed));
  const { common, others } = compareNames(runs.map(({ names }) => names));
  const hasNames = common.length > 0 && runs.every(({ names, passed }) => names.length >= passed);
  const readOutput = async (name: string): Promise<string> =>
    `${await readFile(join(target.task.directory, `feature${target.feature}`, name))}`;
  const ofPatch = hasNames
    ? listTestsOfPatch(common, await readOutput('feature.patch'), await readOutput('tests.patch'))
    : [];
  const tests = hasNames ? common.filter((name) => !ofPatch.includes(name)) : null;
  const reference = { count, tests, runner: runs[0]?.runner ?? '' };
  const passWithout = hasNames
    ? listTestsOfPatch(listPassingNames(output), await readOutput('tests.patch'), '')
    : [];
  return { reference, unstable: hasNames ? others : [], ofPatch, passWithout };
}

/** Lists the names of the tests that pass. Empty means the output does not say which they are. */
function listPassingNames(output: string): string[] {
  const { names = [], passed = 0 } = countTests(output) ?? {};
  const failingNames = new Set(failingTests(output, Number.POSITIVE_INFINITY).map(({ name }) => name));
  const commonPasses = names.filter((name) => !failingNames.has(name));
  return commonPasses.length === passed ? commonPasses : [];
}

function list({ names, passed }: { readonly names: readonly string[]; readonly passed: number }): string {
  const first = names.slice(0, 5).join(', ');
  if (first === '') return `${passed} passed`;
  return names.length > 5 ? `${first} and ${names.length - 5} more` : first;
}

function listFailure(
  report: JobReport,
  { feature }: FeatureOfTask,
  golden: Submission,
): { readonly failed: string; readonly isInfrastructure: boolean }[] {
  const submission = { ...golden, id: report.id };
  const step = report.steps?.get(`${feature}`);
  if (step && step.exitCode !== 0 && ranNoTest(step))
    return [{ failed: createTaskUnusableError(formatLastLine(step)).message, isInfrastructure: true }];
  const { error, applyStatus, featuresResults } = judge(submission, [report], evaluation);
  if (error !== null) return [{ failed: error, isInfrastructure: true }];
  if (applyStatus.golden === 'failed')
    return [{ failed: 'the golden patch does not apply', isInfrastructure: false }];
  if (applyStatus.golden === 'skipped')
    return [{ failed: 'the golden patch is empty', isInfrastructure: false }];
  const result = featuresResults[feature];
  const reason = result ? explainFailure(result) : 'the tests were not run';
  return reason === null ? [] : [{ failed: reason, isInfrastructure: false }];
}

/** Splits the names of two lists into those that both have, as often as both have them, and all others. */
function compareNames(lists: readonly (readonly string[])[]): { common: string[]; others: string[] } {
  const [left = [], right = []] = lists;
  const unmatched = new Map<string, number>();
  for (const name of right) unmatched.set(name, (unmatched.get(name) ?? 0) + 1);
  const common: string[] = [];
  const otherNames: string[] = [];
  for (const name of left) {
    const count = unmatched.get(name) ?? 0;
    if (count > 0) unmatched.set(name, count - 1);
    (count > 0 ? common : otherNames).push(name);
  }
  for (const [name, count] of unmatched) otherNames.push(...Array<string>(count).fill(name));
  return { common, others: otherNames };
}
