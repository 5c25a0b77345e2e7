/** Files that no patch of an agent may change, as a git pathspec. */
interface DropRule {
  /** `link`: only symbolic links and submodules. */
  readonly kind: 'any' | 'link';
  /** `rule` in eval.json. */
  readonly label: string;
  readonly pathspec: string;
}

/** The rule of the Python CooperBench 0.0.29 for test files. */
const testFolders = ['test', 'tests', '__tests__', 'spec', 'testdata'];
const testNames = [
  'test_*',
  ...['*_test', '*.test', '*.spec'].flatMap(withAnyExtension),
  ...['java', 'kt', 'cs', 'scala'].flatMap((extension) => [`*Test.${extension}`, `*Tests.${extension}`]),
  'test.py',
  'tests.py',
];

/**
 * An extension has no dot: `a.test.ts` is a test file, `a.test.ts.snap` is not. A glob cannot express that for every length,
 * so each length up to 16 has its own.
 */
function withAnyExtension(name: string): string[] {
  return Array.from({ length: 16 }, (_, index) => `${name}.${'[!.]'.repeat(index + 1)}`);
}

const builtIn: readonly DropRule[] = [
  ...testFolders.flatMap((folder): DropRule[] => [
    { kind: 'any', label: `test folder ${folder}`, pathspec: `:(glob)**/${folder}/**` },
    { kind: 'link', label: `test folder ${folder}`, pathspec: `:(glob)**/${folder}` },
  ]),
  ...testNames.map(
    (name): DropRule => ({ kind: 'any', label: 'test file name', pathspec: `:(glob)**/${name}` }),
  ),
];

/**
 * The file `rules` of the evaluation program. The program adds a rule for the files of the hidden tests. A path in
 * `protectedPaths` covers everything below it. `testPatterns` are globs that replace the built-in rule.
 */
export function dropRules(task: {
  readonly protectedPaths: readonly string[];
  readonly testPatterns?: readonly string[] | undefined;
}): string {
  const rules: DropRule[] = [
    ...task.protectedPaths.map(
      (path): DropRule => ({
        kind: 'any',
        label: `protected path ${path}`,
        pathspec: `:(literal)${path.replace(/\/+$/, '')}`,
      }),
    ),
    ...(task.testPatterns?.map(
      (glob): DropRule => ({ kind: 'any', label: `test pattern ${glob}`, pathspec: `:(glob)${glob}` }),
    ) ?? builtIn),
  ];
  return rules.map(({ kind, label, pathspec }) => `${kind}\t${label}\t${pathspec}\n`).join('');
}
