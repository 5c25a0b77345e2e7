/** The output of a feature's tests that pass. */
export const passingTests: string = `${'PASSED\n'.repeat(300)}===== 12 passed in 0.10s =====\n`;

/** Lists the features that the evaluation program is told to test. */
export function listFeaturesIn(input: string): string[] {
  return listWordsAfter('features', input);
}

/** Formats the output of the evaluation program when everything merges, made from its input: the mark, then its files. */
export function formatPassingResult(input: string): string {
  const mark = input.split(/\s/, 1)[0] ?? '';
  const formatBase64 = (text: string): string => Buffer.from(text).toString('base64');
  const lines = [
    ...listWordsAfter('seats', input).map((seat) => `apply ${seat} applied`),
    'merge clean naive',
    `file merged.patch ${formatBase64('diff --git a/f b/f\n'.repeat(200))}`,
    `file state ${formatBase64('end\n')}`,
    'end',
  ];
  return lines.map((line) => `${mark} ${line}\n`).join('');
}

/** Lists the words of a line of the plan, which is a file in the input. */
function listWordsAfter(key: string, input: string): string[] {
  return new RegExp(`(?:^|')${key} (.*)$`, 'm').exec(input)?.[1]?.split(' ') ?? [];
}
