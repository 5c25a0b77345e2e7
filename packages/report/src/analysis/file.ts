import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonSchema } from '@cooperbench/core';
import { type JsonFile, keepAside, readRecord, writeJson } from '@cooperbench/records';
import type { OnBroken } from '../trials/read-text.ts';
import type { GivenLabel } from './answer.ts';

/** A trial's analysis.json: the labels that models gave to the failed pair. */
export interface AnalysisFile {
  readonly schema_version: 1;
  /** One for each model. */
  readonly analyses: readonly Analysis[];
}

/** The labels that one model gave. */
export interface Analysis {
  /** As the user wrote it. */
  readonly model: string;
  readonly rubric: number;
  /** The hash of all that the model read. */
  readonly content_hash: string;
  /** The sentence that says how the pair failed. Labels of another outcome do not count. */
  readonly outcome: string;
  /** Two, unless the command ended before the second. */
  readonly passes: readonly Pass[];
}

/** One time that a model labelled the trial. */
export interface Pass {
  /** The one that explains the failure best is first. The list is empty if it is no failure of coordination. */
  readonly labels: readonly GivenLabel[];
  /** USD, with those of answers that could not be used. */
  readonly cost: number;
  readonly cost_known: boolean;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly analyzed_at: string;
}

/** How many times a model labels each trial. */
export const passes = 2;

const text: JsonSchema = { type: 'string' };
const number: JsonSchema = { type: 'number' };
const flag: JsonSchema = { type: 'boolean' };
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
/** `others`: the labels count without them. */
const record = (
  properties: Readonly<Record<string, JsonSchema>>,
  extraProperties: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema => ({
  ...{ type: 'object', properties: { ...properties, ...extraProperties }, required: Object.keys(properties) },
});
const label = record({
  ...{ name: text, supported: flag },
  quotes: listOf(record({ message: number, from: text, text })),
});
const pass = record({ labels: listOf(label) }, { cost: number, cost_known: flag });
const analysis = record(
  { model: text, rubric: number, outcome: text, passes: listOf(pass) },
  { content_hash: text },
);
const shape = record({ analyses: listOf(analysis) });

/** Returns an empty value if there is no analysis, or none that can be read. */
export async function readAnalyses(directory: string, onBroken?: OnBroken): Promise<readonly Analysis[]> {
  // Most trials have none, and an error for each of thousands takes longer than a look.
  if (!existsSync(getPath(directory))) return [];
  const file = await readAnalysisFile(directory);
  if (file.state === 'broken' || file.state === 'unusable') onBroken?.(getPath(directory), file.reason);
  return file.state === 'read' ? file.value.analyses : [];
}

/** Replaces the earlier analysis of the same model. Keeps those of other models, and a file that cannot be read aside. */
export async function writeAnalysis(directory: string, analysis: Analysis): Promise<void> {
  const analysisFile = await readAnalysisFile(directory);
  if (analysisFile.state === 'broken' || analysisFile.state === 'unusable')
    await keepAside(getPath(directory));
  const earlierAnalyses = analysisFile.state === 'read' ? analysisFile.value.analyses : [];
  const otherAnalyses = earlierAnalyses.filter(({ model }) => model !== analysis.model);
  const file: AnalysisFile = { schema_version: 1, analyses: [...otherAnalyses, analysis] };
  await writeJson(getPath(directory), file);
}

function readAnalysisFile(directory: string): Promise<JsonFile<AnalysisFile>> {
  return readRecord(getPath(directory), shape);
}

function getPath(directory: string): string {
  return join(directory, 'analysis.json');
}
