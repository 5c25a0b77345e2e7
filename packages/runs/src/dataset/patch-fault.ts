import { restoreStrippedPatch } from '@cooperbench/records';

/**
 * Finds why git refuses a golden patch on every tree, as the end of a sentence. Returns undefined if it has the form of a
 * patch. The end of a patch that the Python original stripped is restored, as evaluation does.
 */
export function findFeaturePatchFault(content: Uint8Array): string | undefined {
  return patchFault(restoreStrippedPatch(content)).fault;
}

/** What a test has in its path or its code, in some letter case. */
const ofTests = /test|spec|check|assert|expect|should/i;

/**
 * Like `featurePatchFault`, for hidden tests: the runner of the task applies them as they are. They must add something, and
 * neither their paths nor their lines may lack every word that tests have.
 */
export function findTestsPatchFault(content: Uint8Array): string | undefined {
  const { fault, adds } = patchFault(content);
  if (fault !== undefined || !adds) return fault ?? 'adds nothing, so it holds no test';
  return ofTests.test(Buffer.from(content).toString('latin1'))
    ? undefined
    : 'names no test, so it holds none';
}

const hunkHeader = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;
const changeWithoutHunk = /^(rename|copy) to |^(new|deleted) file mode |^new mode |^GIT binary patch/;

interface PatchForm {
  readonly fault?: string;
  readonly adds: boolean;
}

function patchFault(content: Uint8Array): PatchForm {
  // One character for each byte.
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  if (/^[\0\s]*$/.test(text)) return { fault: 'is empty', adds: false };
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  let changes = 0;
  let adds = false;
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (changeWithoutHunk.test(line)) changes += 1;
    if (/^GIT binary patch|^(rename|copy) to /.test(line)) adds = true;
    const header = hunkHeader.exec(line);
    if (!header) continue;
    changes += 1;
    const hunk = readHunk(lines, index + 1, Number(header[1] ?? 1), Number(header[2] ?? 1));
    adds ||= hunk.adds;
    index = hunk.next - 1;
    if (hunk.missing > 0 && hunk.next === lines.length)
      return { fault: `is cut: lines that its last hunk announces are missing: ${hunk.missing}`, adds };
  }
  return changes > 0 ? { adds } : { fault: 'is not a patch: it changes no file', adds };
}

/** Reads the lines of a hunk that has `before` lines of the old file and `after` of the new one. */
function readHunk(
  lines: readonly string[],
  start: number,
  before: number,
  after: number,
): { readonly next: number; readonly missing: number; readonly adds: boolean } {
  let next = start;
  let adds = false;
  while (next < lines.length && (before > 0 || after > 0)) {
    // Some tools strip the space of an empty line.
    const lineSign = lines[next]?.[0] ?? ' ';
    if (!/[-+ \\\r]/.test(lineSign)) break;
    if (lineSign !== '+' && lineSign !== '\\') before -= 1;
    if (lineSign !== '-' && lineSign !== '\\') after -= 1;
    adds ||= lineSign === '+';
    next += 1;
  }
  return { next, missing: Math.max(before, after, 0), adds };
}
