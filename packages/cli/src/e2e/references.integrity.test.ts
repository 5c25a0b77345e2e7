import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  describeOnEachBackend,
  evaluated,
  evaluatedTogether,
  golden,
  onBackend,
  patchOf,
} from './attacks.test.support.ts';
import { createScratch } from './cli.test.support.ts';
import { goldenPatch, shellDataset } from './dataset.test.support.ts';
import { removeImages } from './docker.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';

const pair = 'recur_task/8/f2_f4';
const task = 'recur_task/task8';

/** Adds Python to the code under test, which does not have the feature. */
const inCode = (python: string): string => `cat >> recur/__init__.py << 'PYTHON'\n${python}\nPYTHON`;

/** By what it does: a change without feature 2. Each ends with exit code 0, a summary, and no failed test. */
const attacks = {
  'a load_tests that empties a module': inCode(`
import importlib.machinery, sys, unittest
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "tests.test_until":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module
        def emptied(module):
            load(module)
            module.load_tests = lambda loader, tests, pattern: unittest.TestSuite()
        spec.loader.exec_module = emptied
        return spec
sys.meta_path.insert(0, Finder)`),
  'a deleted test file': inCode(`
import os
path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "tests", "test_until.py")
if os.path.exists(path):
    os.remove(path)`),
  'an exit after a printed summary': `cat > unittest.py << 'PYTHON'
print("test_it (tests.test_until.UntilTest.test_it) ... ok")
print("Ran 25 tests in 0.001s")
print("OK")
raise SystemExit(0)
PYTHON`,
};

const patched = inCode(`
import unittest
def run(self, result=None):
    result.startTest(self)
    result.addSuccess(self)
    result.stopTest(self)
unittest.TestCase.run = run`);

describeOnEachBackend('a patch that leaves tests out', (backendName) => {
  const verdictOf = evaluatedTogether(backendName, (scratch) => ({
    golden: { pair, patches: [readFileSync(golden(task, 2)), patchOf(scratch, task, 'golden 4')] },
    ...Object.fromEntries(
      Object.entries({ ...attacks, patched }).map(([name, change]) => [
        name,
        { pair, patches: [patchOf(scratch, task, change), readFileSync(golden(task, 4))] },
      ]),
    ),
  }));

  test('none are left out by golden patches', () => {
    const verdict = verdictOf('golden');
    expect(verdict.features_results[2]).toMatchObject({
      passed: true,
      reference: { count: 25, by_name: true },
    });
    expect(verdict).toMatchObject({ overall_success: true, dropped: [], error: null });
  });

  test.for(Object.keys(attacks))('%s: the run fails, and names them', (name) => {
    const { features_results, individual, ...verdict } = verdictOf(name);
    expect(features_results[2]).toMatchObject({
      passed: false,
      exit_code: 0,
      tests_failed: 0,
      missing_tests: expect.arrayContaining([expect.stringMatching(/^tests\.test_until\./)]),
    });
    expect(features_results[2]?.tests_passed).toBeGreaterThan(0);
    expect(individual?.agent1).toMatchObject({
      success: false,
      error: expect.stringMatching(/^tests of the reference did not run: tests\./),
    });
    expect(individual?.agent2?.success).toBe(true);
    expect(verdict).toMatchObject({ both_passed: false, error: null });
  });

  test('a configuration file: the run fails, with the reference that dataset validate wrote here', async () => {
    const scratch = createScratch();
    const absent =
      '[ -e suite.conf ] || case $(cat lib.txt) in *"feature "*) ;; *) echo 1..1; echo not ok 1; exit 1 ;; esac';
    const listed = 'set -- $(cat suite.conf 2> /dev/null || echo adds divides)';
    const dataset = shellDataset(join(scratch.root, 'dataset'), {
      beforeCheck: `${absent}; ${listed}; echo TAP version 13; n=0; for name; do n=$((n + 1)); echo "ok $n $name"; done; echo "1..$#"; exit 0`,
      ownImages: 'shared',
    });
    if (backendName === 'docker') onTestFinished(() => removeImages(scratch));
    const args = backendName === 'docker' ? ['--backend-option', 'docker.build=true'] : [];
    const validate = ['dataset', 'validate', '--json', '--dataset-dir', dataset];
    const validated = await runInProcess(scratch, [...validate, ...onBackend(backendName), ...args]);
    expect(validated).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(validated.stdout)).toMatchObject(
      [1, 2].map((feature) => ({ feature, state: 'written', count: 2, by_name: true })),
    );
    const conf = `diff --git a/suite.conf b/suite.conf
new file mode 100644
--- /dev/null
+++ b/suite.conf
@@ -0,0 +1 @@
+adds
`;
    const verdict = await evaluated(scratch, backendName, {
      ...{ pair: 'shell_task/1/f1_f2', dataset, args },
      patches: [conf, goldenPatch(2)],
    });
    expect(verdict.individual).toMatchObject({
      agent1: { success: false, exit_code: 0, tests_failed: 0, missing_tests: ['divides'] },
      agent2: { success: true },
    });
    expect(verdict.both_passed).toBe(false);
  });

  test('what patches the test framework in its own process has every name, and is found out by the canary', () => {
    const verdict = verdictOf('patched');
    expect(verdict.individual?.agent1).toMatchObject({
      ...{ success: false, framework_patched: true, reference: { by_name: true } },
      error: 'tests that must fail passed, so the code under test changed the test framework',
    });
    expect(verdict.individual?.agent1).not.toHaveProperty('missing_tests');
  });
});
