import { findTextAt } from '@cooperbench/report';
import type { DiffsDocument, TestsDocument } from './model.ts';
import { patchFiles } from './patch-files.ts';
import { readVerdictDetails } from './rows.ts';
import { testRuns } from './tests.ts';
import type { FoundTrial } from './trials.ts';

/** Reads the texts of the patches and of the tested diff. */
export async function readDiffsDocument({ stored }: FoundTrial): Promise<DiffsDocument> {
  const { seats, evaluation } = await readVerdictDetails(stored);
  const handingIn = seats.filter(({ result }) => result?.hands_in !== false);
  const patches = await Promise.all(
    handingIn.map(async ({ seat, patch }) => ({ seat, files: patchFiles((await findTextAt(patch)) ?? '') })),
  );
  const merged = evaluation?.merge ? patchFiles(evaluation.merge.diff ?? '') : null;
  return { schema_version: 1, patches, merged };
}

/** Reads the outputs of the hidden tests. */
export async function readTestsDocument({ stored }: FoundTrial): Promise<TestsDocument> {
  const { evaluation } = await readVerdictDetails(stored);
  const outputs = testRuns(evaluation, stored).map(({ run, output }) => [run.id, output]);
  return { schema_version: 1, outputs: Object.fromEntries(outputs) };
}
