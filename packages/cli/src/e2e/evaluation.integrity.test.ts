import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  describeOnEachBackend,
  evaluated,
  evaluatedTogether,
  golden,
  patchOf,
} from './attacks.test.support.ts';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { goldenPatch as goldenLine, shellDataset } from './dataset.test.support.ts';
import { removeImages } from './docker.test.support.ts';
import { needing } from './services.test.support.ts';

/** Merges cleanly, and its golden patches pass together. */
const pair = 'recur_task/8/f2_f4';
/** Conflicts. */
const conflicting = 'recur_task/8/f1_f2';
const task = 'recur_task/task8';

const goldenPatch = (feature: number): Buffer => readFileSync(golden(task, feature));

/** Returns the golden patch of feature 2, whose code runs a piece of sh wherever the package is imported. */
function hostile(scratch: Scratch, script: string): Buffer {
  const code = `import subprocess\nsubprocess.run(["sh", "-c", ${JSON.stringify(script)}], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)`;
  return patchOf(scratch, task, `golden 2\ncat >> recur/__init__.py <<'EOT'\n${code}\nEOT`);
}

/** Does nothing for feature 4. */
const junk = (scratch: Scratch): Buffer => patchOf(scratch, task, 'echo >> README.md');

/** Returns a program that prints what a test run prints that comes out as wanted. */
const fake = (passes: boolean): string =>
  passes
    ? 'echo "Ran 99 tests in 0.001s"; echo; echo OK'
    : 'echo "Ran 99 tests in 0.001s"; echo; echo "FAILED (failures=99)"; exit 1';

/** By what the code of agent1 tries to decide what the later runs in its sandbox come to. */
const attacks: Readonly<Record<string, (passes: boolean) => string>> = {
  'a command of the same name earlier in PATH': (passes) =>
    `IFS=:; for d in $PATH; do for c in git python3; do printf '#!/bin/sh\\n%s\\n' '${fake(passes)}' > "$d/$c" && chmod +x "$d/$c"; done; done`,
  'scripts that run the tests': (passes) =>
    `for f in /usr/local/bin/run_tests.sh /usr/local/bin/runner.sh "\${TMPDIR:-/tmp}"/../patches/run_tests.sh; do printf '#!/bin/sh\\n%s\\n' '${fake(passes)}' > "$f"; done`,
  'replaced objects, configuration and hooks of the repository': () =>
    'git replace "$(git rev-parse HEAD:recur/parser.py)" "$(git hash-object -w README.md)"; git config core.worktree /tmp; git config core.hooksPath /tmp; git config alias.apply true; echo "* merge=union eol=crlf" > .git/info/attributes; printf "#!/bin/sh\\nexit 1\\n" > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout',
  'a daemon that rewrites tests': (passes) =>
    `setsid sh -c 'while :; do for f in tests/test_*.py; do echo "import unittest
class T(unittest.TestCase):
    def test_it(self): self.assertTrue(${passes ? 'True' : 'False'})" > $f; done; sleep 0.1; done' > /dev/null 2>&1 &`,
};

describeOnEachBackend("the code of agent1 against agent2's verdict", (backendName) => {
  const verdictOf = evaluatedTogether(backendName, (scratch) => ({
    golden: { pair, patches: [goldenPatch(2), goldenPatch(4)] },
    ...Object.fromEntries(
      Object.entries(attacks).flatMap(([name, attack]) => [
        [`${name}, broken`, { pair, patches: [hostile(scratch, attack(true)), junk(scratch)] }],
        [`${name}, golden`, { pair, patches: [hostile(scratch, attack(false)), goldenPatch(4)] }],
      ]),
    ),
  }));

  describe.for(Object.keys(attacks))('by %s', (name) => {
    test('does not make a broken patch pass', () => {
      const { individual, features_results, overall_success, error } = verdictOf(`${name}, broken`);
      expect({ error, alone: individual?.agent2?.success, overall_success }).toEqual({
        error: null,
        alone: false,
        overall_success: false,
      });
      // A daemon lives in the merged tree's own sandbox, where its patch's code runs in any case.
      if (!name.includes('daemon')) expect(features_results['4']?.passed).toBe(false);
    });

    test('does not make a golden patch fail', () => {
      const { individual, error } = verdictOf(`${name}, golden`);
      expect({ error, alone: individual?.agent2?.success }).toEqual({ error: null, alone: true });
    });
  });

  test('golden patches pass', () => {
    expect(verdictOf('golden')).toMatchObject({ overall_success: true, dropped: [], error: null });
  });
});

const pass = ['import unittest', 'class T(unittest.TestCase):', '    def test_it(self): pass'];
const newTest = (path: string): string =>
  `--- /dev/null\n+++ ${path}\n@@ -0,0 +1,3 @@\n${pass.map((line) => `+${line}\n`).join('')}`;

const sections = [
  ['a plain section after those of git', newTest('b/tests/test_mine.py'), 'tests/test_mine.py'],
  ['prefixes of another name', newTest('x/tests/test_mine.py'), 'tests/test_mine.py'],
] as const;

describeOnEachBackend('a patch that is more than it seems', (backendName) => {
  const verdictOf = evaluatedTogether(backendName, (scratch) => {
    const moved = patchOf(
      scratch,
      task,
      'golden 2; git mv tests/test_parser.py parser_tests.py; git rm -q tests/test_schedule.py',
      { options: ['-M'] },
    );
    const linked = patchOf(scratch, task, 'golden 4; mv tests other; ln -s other tests');
    const crlf = patchOf(scratch, task, "golden 2; echo '* text eol=crlf' > .gitattributes");
    const inflating = patchOf(scratch, task, 'golden 2; head -c 100000000 /dev/zero > zeros');
    expect(inflating.length).toBeLessThan(3_000_000);
    return {
      ...Object.fromEntries(
        sections.map(([name, section]) => [
          name,
          { pair, patches: [Buffer.concat([goldenPatch(2), Buffer.from(section)]), goldenPatch(4)] },
        ]),
      ),
      moved: { pair, patches: [moved, linked] },
      crlf: { pair, patches: [crlf, goldenPatch(4)] },
      inflating: { pair, patches: [inflating, goldenPatch(4)] },
    };
  });

  test.for(sections)('does not bring tests: %s', ([name, , path]) => {
    const { dropped, merge, overall_success } = verdictOf(name);
    expect(dropped).toEqual([{ seat: 'agent1', path, rule: 'test folder tests' }]);
    expect(merge?.diff).not.toContain(path);
    expect(overall_success).toBe(true);
  });

  test('does not delete or rename tests, or put a link in the place of their folder', () => {
    const { dropped, overall_success } = verdictOf('moved');
    const paths = dropped.map(({ seat, path }) => `${seat} ${path}`).toSorted();
    expect(paths).toEqual([
      'agent1 tests/test_parser.py',
      'agent1 tests/test_schedule.py',
      'agent2 other/test_parser.py',
      'agent2 other/test_schedule.py',
      'agent2 tests',
      'agent2 tests/__init__.py',
      'agent2 tests/test_parser.py',
      'agent2 tests/test_schedule.py',
    ]);
    expect(overall_success).toBe(true);
  });

  test('does not choose how conflicts are merged', async () => {
    const scratch = createScratch();
    const own = (feature: number): Buffer =>
      patchOf(scratch, task, `golden ${feature}; echo '* merge=union' > .gitattributes`);
    const args = ['--merge-policy', 'strict'];
    const { merge, both_passed } = await evaluated(scratch, backendName, {
      pair: conflicting,
      patches: [own(1), own(2)],
      args,
    });
    expect(merge).toMatchObject({ status: 'conflicts', strategy: null });
    expect(both_passed).toBe(false);
  });

  test("does not keep the other's patch from applying by line ends", () => {
    const { apply_status, merge, individual } = verdictOf('crlf');
    expect({ apply_status, merge: merge?.status, alone: individual?.agent2?.success }).toEqual({
      apply_status: { agent1: 'applied', agent2: 'applied' },
      merge: 'clean',
      alone: true,
    });
    expect(merge?.diff).toContain('+* text eol=crlf\n');
  });

  test('does not void the trial by files that inflate', () => {
    const { error, individual } = verdictOf('inflating');
    expect({ error, alone: individual?.agent2?.success }).toEqual({ error: null, alone: true });
  });
});

const docker = needing('docker');

docker.test(`an image of busybox and git keeps to the same rules${docker.reason}`, async () => {
  const scratch = createScratch();
  onTestFinished(() => removeImages(scratch));
  const dataset = shellDataset(join(scratch.root, 'dataset'), { ownImages: 'shared' });
  const odd = patchOf(
    scratch,
    'shell_task/task1',
    'mkdir -p tests; echo x > "tests/$(printf \'a\\nb\\377\')"; ln -s / spec',
    { dataset },
  );
  const patches = [
    Buffer.concat([Buffer.from(goldenLine(1)), odd, Buffer.from(newTest('x/test_mine'))]),
    goldenLine(2),
  ];
  const args = [
    '--backend-option',
    'docker.build=true',
    '--backend-option',
    'docker.baseImage=cooperbench-test/busybox',
  ];
  const verdict = await evaluated(scratch, 'docker', { pair: 'shell_task/1/f1_f2', dataset, patches, args });
  expect(verdict.dropped.map(({ path, rule }) => `${rule}: ${path}`).toSorted()).toEqual([
    'test file name: test_mine',
    'test folder spec: spec',
    'test folder tests: tests/a\nb\uFFFD',
  ]);
  expect(verdict.overall_success).toBe(true);
});
