import { createHash } from 'node:crypto';
import { type ModelUsage, mapConcurrently } from '@cooperbench/core';
import { checkRunFolder, existingRun, lockRun, readTrials, type StoredTrial } from '@cooperbench/records';
import { readStoryOfTrial } from '../show/read-story.ts';
import type { Story } from '../show/story.ts';
import { readAnswer } from './answer.ts';
import { type Analysis, type Pass, passes, readAnalyses, writeAnalysis } from './file.ts';
import { buildPrompt, getContent } from './prompt.ts';
import { rubricVersion } from './rubric.ts';

/** A question to a model. */
export interface Question {
  readonly system: string;
  readonly text: string;
  /** Id of the trial. */
  readonly trial: string;
  readonly features: readonly number[];
  /** 1 or 2. */
  readonly pass: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly text: string;
  readonly usage: ModelUsage;
}

/** The work of an analysis. */
export interface AnalysisPlan {
  readonly directory: string;
  /** Failed trials whose patches were merged. */
  readonly failed: number;
  /** Trials of several seats without a verdict: whether they failed is not known. */
  readonly not_evaluated: number;
  /** Failed trials without a message. A model has nothing to quote there and is not asked. */
  readonly silent: number;
  /** Trials that this model has analysed. */
  readonly done: number;
  readonly pending: readonly PendingTrial[];
  /** Files that cannot be read, or not completely, each with the reason. */
  readonly problems: readonly string[];
  /** Calls of the model that are left. */
  readonly calls: number;
  /** About four characters are a token. */
  readonly input_tokens: number;
  /** About that of short answers, without tokens of reasoning. */
  readonly output_tokens: number;
}

interface PendingTrial {
  readonly run: string;
  readonly stored: StoredTrial;
  readonly missing: number;
}

export interface AnalyzedTrial {
  readonly trial: string;
  /** Absent means the model did not answer in the form that it was asked for. */
  readonly analysis?: Analysis;
  /** USD of this command's calls. */
  readonly cost: number;
  readonly cost_known: boolean;
}

const charactersPerToken = 4;
const answerTokens = 300;

/**
 * Finds what there is to analyse, and writes nothing. @throws ConfigError `UNKNOWN_RUN`, `RUN_NAME`, `RUN_FOLDER`.
 */
export async function planAnalysis(logsDir: string, run: string, model: string): Promise<AnalysisPlan> {
  const directory = await existingRun(logsDir, run);
  await checkRunFolder(directory);
  const counts = { failed: 0, not_evaluated: 0, silent: 0, done: 0, calls: 0, input_tokens: 0 };
  const pending: PendingTrial[] = [];
  const problems: string[] = [];
  const trials = await readTrials(directory, (path, reason) => problems.push(`${path}: ${reason}`));
  const readTrialStory = async (storedTrial: StoredTrial) => ({
    stored: storedTrial,
    story: await readStoryOfTrial(run, storedTrial),
  });
  for await (const { stored, story } of mapConcurrently(trials, 4, readTrialStory)) {
    problems.push(...story.problems);
    const { verdict, judged } = story.trial;
    if (judged !== 'merge') continue;
    if (verdict === 'none') counts.not_evaluated += 1;
    if (verdict !== 'failed') continue;
    counts.failed += 1;
    if (story.conversation.length === 0) {
      counts.silent += 1;
      continue;
    }
    const missing = passes - (await readEarlierPasses(stored.directory, model, story)).length;
    if (missing === 0) counts.done += 1;
    else pending.push({ run, stored, missing });
    counts.calls += missing;
    const { system, text } = buildPrompt(story, 1);
    counts.input_tokens += missing * Math.ceil((system.length + text.length) / charactersPerToken);
  }
  return {
    directory,
    ...counts,
    pending,
    problems: problems.sort(),
    output_tokens: counts.calls * answerTokens,
  };
}

/** Passes of the same model on the same content. */
async function readEarlierPasses(directory: string, model: string, story: Story): Promise<readonly Pass[]> {
  const analysis = (await readAnalyses(directory)).find((analysis) => analysis.model === model);
  return analysis?.content_hash === hashOf(story) ? analysis.passes.slice(0, passes) : [];
}

function hashOf(story: Story): string {
  return createHash('sha256')
    .update(`${rubricVersion}\n${getContent(story)}`)
    .digest('hex');
}

export interface AnalyzeOptions {
  readonly model: string;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly ask: (question: Question) => Promise<Answer>;
}

/**
 * Asks a model why each pending trial failed, twice, and yields each trial when it has both passes. Each pass is on disk
 * before the next begins, so nothing is paid for twice.
 * @throws ConfigError `RUN_LOCKED`; whatever `ask` throws, after the questions that were open have ended.
 */
export async function* analyze(plan: AnalysisPlan, options: AnalyzeOptions): AsyncGenerator<AnalyzedTrial> {
  await using _lock = await lockRun(plan.directory);
  yield* mapConcurrently(plan.pending, options.concurrency, (pending) => analyzeTrial(pending, options));
}

async function analyzeTrial(
  { run, stored }: PendingTrial,
  { model, signal, ask }: AnalyzeOptions,
): Promise<AnalyzedTrial> {
  const { directory, id: trial, features } = stored;
  const story = await readStoryOfTrial(run, stored);
  const donePasses = [...(await readEarlierPasses(directory, model, story))];
  let cost = 0;
  let cost_known = true;
  let analysis: Analysis | undefined;
  while (donePasses.length < passes) {
    signal.throwIfAborted();
    const pass = donePasses.length + 1;
    const question = { ...buildPrompt(story, pass), trial, features, pass, signal };
    const result = await askTwice(() => ask(question), story);
    cost += result.cost;
    cost_known &&= result.cost_known;
    if (result.labels === undefined) return { trial, cost, cost_known };
    donePasses.push({ ...result, labels: result.labels, analyzed_at: new Date().toISOString() });
    analysis = {
      model,
      rubric: rubricVersion,
      content_hash: hashOf(story),
      outcome: story.trial.cause?.sentence ?? '',
      passes: donePasses,
    };
    await writeAnalysis(directory, analysis);
  }
  return { trial, ...(analysis && { analysis }), cost, cost_known };
}

type AnsweredPass = Omit<Pass, 'labels' | 'analyzed_at'> & { readonly labels: Pass['labels'] | undefined };

/** A model that answers in another form is asked once more. */
async function askTwice(ask: () => Promise<Answer>, story: Story): Promise<AnsweredPass> {
  const usages: ModelUsage[] = [];
  let labels: Pass['labels'] | undefined;
  for (let attempt = 1; attempt <= 2 && labels === undefined; attempt += 1) {
    const { text, usage } = await ask();
    usages.push(usage);
    labels = readAnswer(text, story.conversation);
  }
  const sum = (pick: (usage: ModelUsage) => number): number =>
    usages.reduce((total, usage) => total + pick(usage), 0);
  return {
    labels,
    cost: sum(({ costUsd = 0 }) => costUsd),
    cost_known: usages.every(({ costUsd }) => costUsd !== undefined),
    input_tokens: sum(({ inputTokens }) => inputTokens),
    output_tokens: sum(({ outputTokens }) => outputTokens),
  };
}
