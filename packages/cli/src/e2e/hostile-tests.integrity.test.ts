import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  describeOnEachBackend,
  evaluated,
  evaluatedTogether,
  golden,
  patchOf,
} from './attacks.test.support.ts';
import { createScratch, sampleDataset } from './cli.test.support.ts';

const python = { pair: 'recur_task/8/f2_f4', task: 'recur_task/task8', module: 'recur/__init__.py' };
const node = { pair: 'text_table_task/14/f1_f4', task: 'text_table_task/task14', module: 'src/index.js' };

/** Adds code to what the tests import, without the feature. */
const inModule = (file: string, code: string): string => `cat >> ${file} << 'CODE'\n${code}\nCODE`;

const runSh = (script: string): string =>
  `import subprocess\nsubprocess.run(["sh", "-c", ${JSON.stringify(script)}])`;

/** Patches that make failing tests pass, by what they change. */
const patchedFrameworks = {
  'unittest.TestCase.run': {
    ...python,
    code: `
import unittest
def run(self, result=None):
    result.startTest(self)
    result.addSuccess(self)
    result.stopTest(self)
    return result
unittest.TestCase.run = run`,
  },
  'the result of unittest': {
    ...python,
    code: `
import unittest
unittest.TestResult.addFailure = lambda self, test, error: self.addSuccess(test)
unittest.TestResult.addError = lambda self, test, error: self.addSuccess(test)
unittest.TestResult.addSubTest = lambda self, test, subtest, error: None
for name in ("addFailure", "addError", "addSubTest"):
    setattr(unittest.TextTestResult, name, getattr(unittest.TestResult, name))`,
  },
  'an exit that reports every test as passed': {
    ...python,
    code: `
import os, re, sys
root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
count = 0
for name in sorted(os.listdir(os.path.join(root, "tests"))):
    module = None
    for line in open(os.path.join(root, "tests", name)) if name.startswith("test_") else []:
        found = re.match(r"class (\\w+)", line)
        module = found.group(1) if found else module
        found = re.match(r"    def (test_\\w+)", line)
        if found:
            count += 1
            print(f"{found.group(1)} (tests.{name[:-3]}.{module}.{found.group(1)}) ... ok")
print(f"Ran {count} tests in 0.001s\\n\\nOK", flush=True)
os._exit(0)`,
  },
  'an exit where it sees a test of the canary, after a report of the others': {
    ...python,
    code: `
import ast, glob, os, sys
if "unittest" in sys.modules and os.path.isdir("/patches"):
    count = 0
    for path in sorted(glob.glob("tests/test_*.py")):
        source = open(path).read()
        if '"".join(["' in source:
            os._exit(1)
        for part in ast.parse(source).body:
            for item in part.body if isinstance(part, ast.ClassDef) else []:
                if item.name.startswith("test"):
                    count += 1
                    print(f"{item.name} (tests.{os.path.basename(path)[:-3]}.{part.name}.{item.name}) ... ok")
    print(f"Ran {count} tests in 0.010s\\n\\nOK", flush=True)
    os._exit(0)`,
  },
  'node:test': {
    ...node,
    code: `
import { createRequire, syncBuiltinESMExports } from 'node:module';
const nodeTest = createRequire(import.meta.url)('node:test');
for (const name of ['test', 'it']) {
  const real = nodeTest[name];
  nodeTest[name] = (title, ...given) => real(title, () => {});
}
nodeTest.default = nodeTest.test;
syncBuiltinESMExports();
const assert = createRequire(import.meta.url)('node:assert/strict');
for (const name of ['equal', 'deepEqual', 'throws', 'match', 'ok', 'rejects']) assert[name] = () => {};`,
  },
} as const;

/** Reads the memory of all processes for the words of a report, and writes one. */
const forge = `
import os, re
words = set()
for pid in filter(str.isdigit, os.listdir("/proc")):
    if int(pid) == os.getpid():
        continue
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
            for line in maps:
                start, end = (int(part, 16) for part in line.split()[0].split("-"))
                if " rw" in line and end - start < 1 << 26:
                    memory.seek(start)
                    words |= set(re.findall(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", memory.read(end - start)))
    except OSError:
        pass
for word in words:
    mark = word.decode()
    report = f"{mark} apply agent1 applied\\n{mark} merge clean naive\\n{mark} run 2 0 1\\n{mark} run 4 0 1\\n{mark} done\\n{mark} end\\n"
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/fd/1", "w") as out:
                out.write(report)
        except OSError:
            pass
os._exit(0)`;

const endBeforeTests = 'import os\nprint("pip: no network", flush=True)\nos._exit(1)';

const featuresOf = (pair: string): number[] => pair.match(/(?<=[/_]f)\d+/g)?.map(Number) ?? [];

describeOnEachBackend('a patch that makes failing tests pass', (backendName) => {
  const verdictOf = evaluatedTogether(backendName, (scratch) => ({
    ...Object.fromEntries(
      [python, node].map(({ pair, task }) => [
        pair,
        { pair, patches: featuresOf(pair).map((feature) => readFileSync(golden(task, feature))) },
      ]),
    ),
    ...Object.fromEntries(
      Object.entries({
        ...patchedFrameworks,
        forge: { ...python, code: forge },
        endBeforeTests: { ...python, code: endBeforeTests },
      }).map(([name, { pair, task, module, code }]) => {
        const [, second = 0] = featuresOf(pair);
        const patches = [patchOf(scratch, task, inModule(module, code)), readFileSync(golden(task, second))];
        return [name, { pair, patches }];
      }),
    ),
  }));

  test('golden patches, whose canaries fail as they must, pass', () => {
    for (const { pair } of [python, node]) {
      const verdict = verdictOf(pair);
      expect(verdict.error).toBeNull();
      for (const seat of Object.values(verdict.individual ?? {}))
        expect(seat).toMatchObject({ success: true, canary: 'failed' });
      expect(verdict.overall_success).toBe(true);
      expect(Object.values(verdict.features_results).map(({ canary }) => canary)).toEqual([
        'failed',
        'failed',
      ]);
    }
  });

  test.for(Object.keys(patchedFrameworks))('by %s is found out', (name) => {
    const verdict = verdictOf(name);
    expect(verdict).toMatchObject({ both_passed: false, overall_success: false, error: null });
    expect(verdict.individual?.agent1?.success).toBe(false);
    expect(verdict.individual?.agent2).toMatchObject({ success: true, canary: 'failed' });
    expect(verdict.individual?.agent1).toMatchObject({ canary: 'passed', framework_patched: true });
  });

  test('by the memory of every process finds no word with which to write a report', () => {
    const verdict = verdictOf('forge');
    expect(verdict).toMatchObject({ error: null, both_passed: false, overall_success: false });
    expect(verdict.individual?.agent1?.success).toBe(false);
    expect(verdict.individual?.agent2?.success).toBe(true);
  });

  test('by an end before any test cannot void its verdict: the control decides', () => {
    expect(verdictOf('endBeforeTests')).toMatchObject({
      ...{ error: null, both_passed: false, control: { status: 'usable' } },
    });
  });
});

describeOnEachBackend('code under test', (backendName) => {
  test('that stops all processes it may stop is a failure by time, soon after its limit', async () => {
    const scratch = createScratch();
    const dataset = join(scratch.root, 'dataset');
    cpSync(join(sampleDataset, python.task), join(dataset, python.task), { recursive: true });
    const file = join(dataset, python.task, 'task.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), timeout_seconds: 5 }));
    const stop = runSh(
      'kill -STOP -1; for p in /proc/[0-9]*; do kill -STOP ${p#/proc/}; done; kill -STOP $$',
    );
    const patches = [
      patchOf(scratch, python.task, inModule(python.module, stop)),
      readFileSync(golden(python.task, 4)),
    ];
    const verdict = await evaluated(scratch, backendName, { ...python, dataset, patches });
    expect(verdict).toMatchObject({ error: null, both_passed: false, control: { status: 'usable' } });
    expect(verdict.individual?.agent1).toMatchObject({ success: false, timed_out: true });
    expect(verdict.individual?.agent2).toMatchObject({ success: true });
  });
});
