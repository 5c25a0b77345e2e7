import type { EvaluationFile } from '@cooperbench/records';
import type { Cause } from '@cooperbench/report';
import type { Attribution, Clause, TestRun } from './model.ts';

/** Words of the sentence, and the evidence that they are about. */
interface Anchor {
  readonly text: string;
  readonly link: NonNullable<Clause['link']>;
}

/** Builds the sentence of a cause in clauses, those about evidence with a link to it. */
export function buildAttribution(
  { name, sentence, missed = [] }: Cause,
  evaluation: Partial<EvaluationFile> | undefined,
  tests: readonly TestRun[],
): Attribution {
  const seats = Object.keys(evaluation?.apply_status ?? {});
  const anchors = [
    ...tests.flatMap((run): Anchor[] => {
      if (run.passed) return [];
      const link = { to: 'tests', id: run.id } as const;
      const text =
        run.scope === 'alone'
          ? `${run.seat}'s patch alone fails feature`
          : `feature ${run.features[0]} fails`;
      return [text, text.charAt(0).toUpperCase() + text.slice(1)].map((words) => ({ text: words, link }));
    }),
    ...(evaluation?.merge?.conflicts ?? []).map(
      (path): Anchor => ({ text: path, link: { to: 'merge', path } }),
    ),
    ...(name === 'nothing_submitted' || name === 'does_not_apply' ? seats : []).map(
      (seat): Anchor => ({ text: seat, link: { to: 'patch', seat, path: null } }),
    ),
  ];
  const besides = missed.flatMap(({ text, message }, index): Clause[] => [
    { text: index === 0 ? ' Besides, ' : '; ', link: null },
    { text, link: message === null ? null : { to: 'message', index: message } },
  ]);
  const end: Clause[] = besides.length > 0 ? [{ text: '.', link: null }] : [];
  return { cause: name, clauses: [...listClauses(sentence, anchors), ...besides, ...end] };
}

function listClauses(sentence: string, anchors: readonly Anchor[]): Clause[] {
  const places = anchors
    .map((anchor) => ({ ...anchor, at: sentence.indexOf(anchor.text) }))
    .filter(({ at, text }) => at >= 0 && text !== '')
    .sort((left, right) => left.at - right.at || right.text.length - left.text.length);
  const clauses: Clause[] = [];
  let offset = 0;
  for (const { at, text, link } of places) {
    if (at < offset) continue;
    if (at > offset) clauses.push({ text: sentence.slice(offset, at), link: null });
    clauses.push({ text, link });
    offset = at + text.length;
  }
  if (offset < sentence.length) clauses.push({ text: sentence.slice(offset), link: null });
  return clauses;
}
