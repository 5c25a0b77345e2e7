/** The output of a feature's tests that pass. */
export const passingTests: string = `${'PASSED\n'.repeat(300)}===== 12 passed in 0.10s =====\n`;

/** The features that the evaluation program is told to test. */
export function featuresIn(input: string): string[] {
  return wordsAfter('features', input);
}

/** The output of the evaluation program when everything merges, made from its input: the mark, then its files. */
export function passingResult(input: string): string {
  const mark = input.split(/\s/, 1)[0] ?? '';
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const lines = [
    ...wordsAfter('seats', input).map((seat) => `apply ${seat} applied`),
    'merge clean naive',
    `file merged.patch ${base64('diff --git a/f b/f\n'.repeat(200))}`,
    `file state ${base64('end\n')}`,
    'end',
  ];
  return lines.map((line) => `${mark} ${line}\n`).join('');
}

/** The words of a line of the plan, which is a file in the input. */
function wordsAfter(key: string, input: string): string[] {
  return new RegExp(`(?:^|')${key} (.*)$`, 'm').exec(input)?.[1]?.split(' ') ?? [];
}
