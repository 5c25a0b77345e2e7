import { createHash, randomInt } from 'node:crypto';
import { keptOutput, type StepReport } from '@cooperbench/core';
import type { Facts } from './facts.ts';
import { countTests } from './parsers/index.ts';

/**
 * A canary is a set of tests that must fail, at the end of a file of the hidden tests. It runs after the tests of a tree passed,
 * in the same way. Each of its tests prints its own word when it fails, and only then: the word is put together at run time.
 */
interface CanaryKind {
  /** Shell patterns of file names, separated by spaces. */
  readonly files: string;
  /** The file contains one of these. */
  readonly needles: readonly string[];
  /** Code without backslashes. `words` are made for one canary. */
  code(words: CanaryWords): string;
  readonly tests: number;
}

interface CanaryWords {
  /** Returns a name that no other code has. */
  name(index: number): string;
  /** Both halves of what a failing test prints. */
  half(index: number, side: 0 | 1): string;
}

const scripts = '*.js *.cjs *.mjs *.jsx *.ts *.cts *.mts *.tsx';

const quoteModule = (before: string, module: string): string[] => [
  `${before}'${module}'`,
  `${before}"${module}"`,
];

/** Creates a canary of JavaScript that gets what it needs from a module, in both kinds of modules. */
function createModuleCanaries(
  module: string,
  tests: number,
  code: (words: CanaryWords, imported: string) => string,
): CanaryKind[] {
  return [
    {
      ...{ files: scripts, needles: quoteModule('from ', module), tests },
      code: (words) => `import * as ${words.name(9)} from '${module}';\n${code(words, words.name(9))}`,
    },
    {
      ...{ files: scripts, needles: quoteModule('require(', module), tests },
      code: (words) => `const ${words.name(9)} = require('${module}');\n${code(words, words.name(9))}`,
    },
  ];
}

const joinWords = ({ half }: CanaryWords, index: number): string =>
  `['${half(index, 0)}', '${half(index, 1)}'].join('')`;

const writeThrowingTest = (words: CanaryWords, index: number, test: string): string =>
  `${test}('${words.name(index)}', () => { throw new Error(${joinWords(words, index)}); });\n`;

const writeExpectTest = (words: CanaryWords, index: number, test: string, expect: string): string =>
  `${test}('${words.name(index)}', () => { ${expect}(${joinWords(words, index)}).toBe(''); });\n`;

/** Of Node's `assert`, as an expression. */
const writeAssertTest = (words: CanaryWords, first: number, test: string, assert: string): string =>
  [
    (text: string) => `${assert}.equal(${text}, '')`,
    (text: string) => `${assert}.deepEqual([${text}], [])`,
    (text: string) => `${assert}.ok('', ${text})`,
  ]
    .map((check, index) => [first + index, check(joinWords(words, first + index))] as const)
    .map(([index, check]) => `${test}('${words.name(index)}', () => { ${check}; });\n`)
    .join('');

/** For test functions that exist in every file: Jest, Mocha, Vitest with `globals`. */
const anyTest = "(typeof it === 'function' ? it : test)";

/** The first whose file name and content fit counts. */
const kinds: readonly CanaryKind[] = [
  {
    ...{ files: 'test*.py *_test.py *_tests.py', needles: ['TestCase'], tests: 4 },
    code: (words) => `
import unittest as ${words.name(9)}


class Test${capitalize(words.name(8))}(${words.name(9)}.TestCase):
    def test_${words.name(0)}(self):
        self.assertEqual("".join(["${words.half(0, 0)}", "${words.half(0, 1)}"]), "")

    def test_${words.name(1)}(self):
        self.assertTrue("", "".join(["${words.half(1, 0)}", "${words.half(1, 1)}"]))

    def test_${words.name(2)}(self):
        raise AssertionError("".join(["${words.half(2, 0)}", "${words.half(2, 1)}"]))

    def test_${words.name(3)}(self):
        with self.assertRaises(KeyError, msg="".join(["${words.half(3, 0)}", "${words.half(3, 1)}"])):
            pass
`,
  },
  {
    ...{ files: 'test*.py *_test.py *_tests.py', needles: ['def test'], tests: 2 },
    code: (words) => `

def test_${words.name(0)}():
    ${words.name(9)} = "".join(["${words.half(0, 0)}", "${words.half(0, 1)}"])
    assert ${words.name(9)} == ""


def test_${words.name(1)}():
    raise AssertionError("".join(["${words.half(1, 0)}", "${words.half(1, 1)}"]))
`,
  },
  {
    ...{ files: '*_test.go', needles: ['*testing.T'], tests: 2 },
    code: (words) => `
func Test${capitalize(words.name(0))}(t *testing.T) { t.Fatal("${words.half(0, 0)}" + "${words.half(0, 1)}") }

func Test${capitalize(words.name(1))}(t *testing.T) { t.Error("${words.half(1, 0)}" + "${words.half(1, 1)}") }
`,
  },
  {
    ...{ files: '*.rs', needles: ['#[test]', '::test]'], tests: 2 },
    code: (words) => `
#[cfg(test)]
mod ${words.name(9)} {
    #[test]
    fn ${words.name(0)}() {
        panic!("{}{}", "${words.half(0, 0)}", "${words.half(0, 1)}");
    }

    #[test]
    fn ${words.name(1)}() {
        assert_eq!(["${words.half(1, 0)}", "${words.half(1, 1)}"].concat(), "");
    }
}
`,
  },
  ...createModuleCanaries('node:test', 4, (words, imported) => {
    const assert = `(await import('node:assert/strict')).default`;
    const test = `${imported}.test`;
    return (
      writeThrowingTest(words, 0, test) +
      writeAssertTest(words, 1, test, assert).replaceAll('() =>', 'async () =>')
    );
  }),
  ...['vitest', '@jest/globals'].flatMap((module) =>
    createModuleCanaries(
      module,
      2,
      (words, imported) =>
        writeExpectTest(words, 0, `${imported}.test`, `${imported}.expect`) +
        writeThrowingTest(words, 1, `${imported}.test`),
    ),
  ),
  ...['tape', 'tap', 'ava'].flatMap((module) =>
    createModuleCanaries(module, 1, (words, imported) => {
      const end = module === 'tape' ? 't.end();' : '';
      // Exports of a module of the other kind are its default here.
      const test = module === 'tap' ? `${imported}.test` : `(${imported}.default ?? ${imported})`;
      return `${test}('${words.name(0)}', (t) => { t.fail(${joinWords(words, 0)}); ${end} });\n`;
    }),
  ),
  {
    ...{ files: scripts, needles: ['.toBe(', '.toEqual('], tests: 2 },
    code: (words) => writeExpectTest(words, 0, anyTest, 'expect') + writeThrowingTest(words, 1, anyTest),
  },
  {
    files: scripts,
    needles: ['it(', 'test('],
    tests: 1,
    code: (words) => writeThrowingTest(words, 0, anyTest),
  },
];

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function createRandomWord(): string {
  return Array.from({ length: 10 }, () => String.fromCharCode(97 + randomInt(26))).join('');
}

/** Random words, all that a canary needs. */
export function createCanaryWords(): string[] {
  return Array.from({ length: names + 8 }, createRandomWord);
}

const names = 10;

/** Formats the file `canaries` of the evaluation program. `random` has the words of a canary. */
export function formatCanaryRules(random: readonly string[] = createCanaryWords()): string {
  const words: CanaryWords = {
    // The first letter may become a capital one.
    name: (index) => `c${random[index]}`,
    half: (index, side) => random[names + 2 * index + side] ?? '',
  };
  const lines = kinds.flatMap(({ files, needles, code, tests }) => {
    const tokens = Array.from({ length: tests }, (_, index) => words.half(index, 0) + words.half(index, 1));
    const escaped = code(words).replaceAll('\n', '\\n');
    return needles.map((needle) => `${files}|${needle}|${tokens.join(' ')}|${escaped}\n`);
  });
  return lines.join('');
}

/** Names what the canaries check, for the fingerprint of the evaluator. */
export function describeCanaries(): string {
  const words: CanaryWords = { name: (index) => `n${index}`, half: (index, side) => `h${index}${side}` };
  return JSON.stringify(kinds.map(({ files, needles, code }) => [files, needles, code(words)]));
}

/** Chooses the feature to whose tests a tree's canary is added: one of them, which those who write a patch cannot know. */
export function chooseCanaryFeature(
  features: readonly number[],
  tests: ReadonlyMap<number, Uint8Array>,
): number {
  const hash = createHash('sha256');
  for (const feature of features) hash.update(tests.get(feature) ?? '');
  return features[hash.digest().readUInt32BE(0) % features.length] ?? 0;
}

/** The result of a canary's run. */
export interface CanaryRun {
  readonly feature: number;
  /** By test of the canary: whether it was seen to fail. */
  readonly failed: readonly boolean[];
  /** The runner reports that nothing failed, or an earlier run changed what the run depends on. */
  readonly succeeded: boolean;
  /** The run ended by itself, and all of its output is known. */
  readonly whole: boolean;
}

/** Returns undefined if the tree has no canary, or it was not run because tests had failed. */
export function readCanary({ canary }: Facts, step: StepReport | undefined): CanaryRun | undefined {
  if (!canary || !step) return undefined;
  const { exitCode, endedFor, stderr } = step;
  const output = Buffer.from(step.output).toString();
  const counts = countTests(output);
  const hasEnded = endedFor === undefined && exitCode < 124;
  const noneFailed = counts !== undefined && counts.passed > 0 && counts.failed === 0;
  const tampered = exitCode === 70 && output === '' && stderr !== '';
  return {
    feature: canary.feature,
    failed: canary.tokens.map((token) => output.includes(token)),
    succeeded: exitCode === 0 || (hasEnded && noneFailed) || tampered,
    whole: hasEnded && step.output.length < keptOutput,
  };
}

export type CanaryVerdict = 'failed' | 'passed' | 'inconclusive' | 'unavailable';

/** Returns whether every test of the canary failed, as it must. */
export function isAsExpected({ failed, succeeded }: CanaryRun): boolean {
  return !succeeded && failed.every(Boolean);
}

/**
 * Judges the canary of a tree. `reference` is the canary's run on the tree of the golden patch, or undefined when there is none.
 * Only what failed there can be evidence here: a test that did not fail here was made to pass, or was left out.
 */
export function judgeCanary(run: CanaryRun, reference: CanaryRun | undefined): CanaryVerdict {
  if (isAsExpected(run)) return 'failed';
  if (!reference || reference.succeeded || !reference.failed.some(Boolean)) return 'unavailable';
  if (run.succeeded) return 'passed';
  if (!run.failed.some(Boolean)) return 'inconclusive';
  // A runner that stops at the first failure shows some of them only.
  const showsAll = reference.failed.every(Boolean) && reference.whole && run.whole;
  return showsAll ? 'passed' : 'failed';
}
