import { matchesGlob } from 'node:path/posix';

/** The rule of the Python CooperBench 0.0.29 for test files. */
const testFolders = new Set(['test', 'tests', '__tests__', 'spec', 'testdata']);
const testNames: readonly RegExp[] = [
  /^test_/,
  /_test\.[^.]+$/,
  /\.test\.[^.]+$/,
  /\.spec\.[^.]+$/,
  /Tests?\.(java|kt|cs|scala)$/,
  /^tests?\.py$/,
];

export interface DropRules {
  /** Files that the pair's hidden tests touch. */
  readonly hiddenTests: ReadonlySet<string>;
  /** Paths, and folders that end in `/`. */
  readonly protectedPaths: readonly string[];
  /** Globs that replace the built-in rule. */
  readonly testPatterns?: readonly string[] | undefined;
}

/** The rule by which a file of an agent's patch is dropped. Undefined: the file stays. */
export function dropRule(path: string, rules: DropRules): string | undefined {
  if (rules.hiddenTests.has(path)) return 'touched by the hidden tests';
  const guarded = rules.protectedPaths.find((entry) =>
    entry.endsWith('/') ? path.startsWith(entry) : path === entry,
  );
  if (guarded !== undefined) return `protected path ${guarded}`;
  if (rules.testPatterns) {
    const pattern = rules.testPatterns.find((glob) => matchesGlob(path, glob));
    return pattern === undefined ? undefined : `test pattern ${pattern}`;
  }
  const folders = path.split('/');
  const name = folders.pop() ?? '';
  const folder = folders.find((part) => testFolders.has(part));
  if (folder !== undefined) return `test folder ${folder}`;
  return testNames.some((rule) => rule.test(name)) ? 'test file name' : undefined;
}
