import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filterPatch, touchedFiles } from './filter-patch.ts';
import { dropRule } from './test-file-rule.ts';

const rules = { hiddenTests: new Set(['hidden/check.js']), protectedPaths: ['ci/', 'Makefile'] };

/** A real git diff of what `change` does to a repository with files of awkward names and contents. */
function gitDiff(change: (directory: string) => void, ...options: string[]): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'cooperbench-diff-'));
  const git = (...argv: string[]): Buffer =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'core.autocrlf=false', ...argv], {
      cwd: directory,
    });
  try {
    mkdirSync(join(directory, 'src'));
    writeFileSync(join(directory, 'src/a b.txt'), 'one\r\ntwo\r\n\r\n');
    writeFileSync(join(directory, 'src/ünï.txt'), 'x\n');
    writeFileSync(join(directory, 'src/dashes.txt'), '-- a\n++ b\ndiff --git x\n');
    writeFileSync(join(directory, 'tool.sh'), 'echo\n');
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'base');
    change(directory);
    git('add', '-A');
    return git('diff', '--cached', '--binary', ...options, 'HEAD');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const everything = (directory: string): void => {
  writeFileSync(join(directory, 'src/a b.txt'), 'one\r\nTWO\r\n\r\n');
  writeFileSync(join(directory, 'src/ünï.txt'), 'no newline at the end');
  writeFileSync(join(directory, 'src/dashes.txt'), '--- a\n+++ b\ndiff --git a/q b/q\n');
  writeFileSync(join(directory, 'image.bin'), Buffer.from([0, 1, 2, 255, 10, 13]));
  chmodSync(join(directory, 'tool.sh'), 0o755);
  renameSync(join(directory, 'tool.sh'), join(directory, 'moved tool.sh'));
};

describe('patches in parts', () => {
  test('every byte of a patch that keeps all its files stays', () => {
    const patch = gitDiff(everything);
    expect(Buffer.compare(filterPatch(patch, rules).patch, patch)).toBe(0);
  });

  test('names are read from quoted, spaced, renamed and binary parts', () => {
    expect(touchedFiles(gitDiff(everything, '-M')).sort()).toEqual(
      ['image.bin', 'moved tool.sh', 'src/a b.txt', 'src/dashes.txt', 'src/ünï.txt', 'tool.sh'].sort(),
    );
  });

  test('dropping one file leaves the others byte for byte', () => {
    const with_ = gitDiff((directory) => {
      everything(directory);
      writeFileSync(join(directory, 'test_new.py'), 'assert True\n');
    });
    const without = gitDiff(everything);
    const filtered = filterPatch(with_, rules);
    expect(filtered.dropped).toEqual([{ path: 'test_new.py', rule: 'test file name' }]);
    expect(Buffer.from(filtered.patch).equals(without)).toBe(true);
  });

  test('a renamed file is dropped when either name is a test', () => {
    const patch = gitDiff((directory) => {
      mkdirSync(join(directory, 'tests'));
      renameSync(join(directory, 'tool.sh'), join(directory, 'tests/tool.sh'));
    }, '-M');
    expect(filterPatch(patch, rules).dropped).toEqual([{ path: 'tests/tool.sh', rule: 'test folder tests' }]);
  });

  test('plain diffs without git headers are understood', () => {
    const patch = Buffer.from(
      '--- a/lib/x.js\t2026\n+++ b/lib/x.js\t2026\n@@ -1 +1 @@\n-a\n+b\n--- a/spec/x.js\n+++ b/spec/x.js\n@@ -1 +1 @@\n-a\n+b\n',
    );
    const filtered = filterPatch(patch, rules);
    expect(filtered.dropped).toEqual([{ path: 'spec/x.js', rule: 'test folder spec' }]);
    expect(Buffer.from(filtered.patch).toString()).toBe(
      '--- a/lib/x.js\t2026\n+++ b/lib/x.js\t2026\n@@ -1 +1 @@\n-a\n+b\n',
    );
  });

  test('a hunk with a wrong line count does not swallow the next file', () => {
    const patch = Buffer.from(
      'diff --git a/a.js b/a.js\n--- a/a.js\n+++ b/a.js\n@@ -1,90 +1,90 @@\n-a\n+b\ndiff --git a/test/b.js b/test/b.js\n--- a/test/b.js\n+++ b/test/b.js\n@@ -1 +1 @@\n-a\n+b\n',
    );
    expect(filterPatch(patch, rules).dropped.map((file) => file.path)).toEqual(['test/b.js']);
  });

  test('text that is no patch stays, for git to refuse', () => {
    const text = Buffer.from('I could not do it.\n');
    expect(filterPatch(text, rules)).toEqual({ patch: text, dropped: [] });
  });

  test('50 MB stay the same bytes', () => {
    const big = Buffer.concat([
      Buffer.from(
        'diff --git a/big b/big\nnew file mode 100644\n--- /dev/null\n+++ b/big\n@@ -0,0 +1,500000 @@\n',
      ),
      Buffer.from(`+${'x'.repeat(99)}\n`.repeat(500_000)),
    ]);
    expect(filterPatch(big, rules).patch).toBe(big);
  });
});

describe('which files are dropped', () => {
  test.for([
    ['hidden/check.js', 'touched by the hidden tests'],
    ['ci/deploy.yml', 'protected path ci/'],
    ['Makefile', 'protected path Makefile'],
    ['src/test/java/A.java', 'test folder test'],
    ['a/__tests__/b.js', 'test folder __tests__'],
    ['pkg/testdata/x', 'test folder testdata'],
    ['test_a.py', 'test file name'],
    ['pkg/a_test.go', 'test file name'],
    ['src/a.test.ts', 'test file name'],
    ['src/a.spec.tsx', 'test file name'],
    ['src/ATest.java', 'test file name'],
    ['src/ATests.kt', 'test file name'],
    ['app/tests.py', 'test file name'],
  ] as const)('%s: %s', ([path, rule]) => {
    expect(dropRule(path, rules)).toBe(rule);
  });

  test.for([
    'src/contest.js',
    'testing/a.js',
    'latest.py',
    'src/Testing.java',
    'src/testimonials.ts',
    'Makefile.am',
    'test',
  ])('%s stays', (path) => {
    expect(dropRule(path, rules)).toBeUndefined();
  });

  test("a task's own patterns replace the rule for names, not the protection", () => {
    const own = { ...rules, testPatterns: ['**/*.t'] };
    expect(dropRule('test_a.py', own)).toBeUndefined();
    expect(dropRule('x/y.t', own)).toBe('test pattern **/*.t');
    expect(dropRule('Makefile', own)).toBe('protected path Makefile');
  });
});
