import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { addLine, formatNewFilePatch } from '@cooperbench/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { type Facts, parseFacts } from '../facts.ts';
import { mayRename } from '../jobs.ts';
import { union } from '../merge-policies.ts';
import { dropRules } from '../test-file-rule.ts';
import { evaluationProgram, formatAssignment } from './index.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Case {
  /** Files of the base, besides lib.txt and tests/old.sh. */
  readonly files?: Readonly<Record<string, string>>;
  readonly hidden?: string;
  readonly task?: Partial<Parameters<typeof dropRules>[0]>;
  readonly policy?: { readonly onConflict?: string };
  /** sh that runs in the repository before the evaluation. */
  readonly image?: string;
  /** sh that runs as `git` before the real one. */
  readonly git?: string;
}

interface Outcome extends Facts {
  readonly diff: string;
  /** `RULE: PATH` of each dropped file. */
  readonly undone: readonly string[];
  /** A probe of the machine is asked for. */
  readonly isDoubtful: boolean;
}

const folder = (name: string): string => {
  folders.push(mkdtempSync(join(tmpdir(), `cooperbench-${name}-`)));
  return folders.at(-1) as string;
};

const sh = (cwd: string, script: string, ...args: string[]): Buffer =>
  execFileSync('sh', ['-ec', script, 'sh', ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });

function base(files: Case['files'] = {}): string {
  const repo = folder('base');
  const all = { 'lib.txt': 'top\n\n\n\nmiddle\n\n\n\nbottom\n', 'tests/old.sh': 'old\n', ...files };
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(dirname(join(repo, name)), { recursive: true });
    writeFileSync(join(repo, name), content);
  }
  const commit = 'git -c user.name=a -c user.email=a@a commit -q -m base';
  sh(repo, `git init -q && git add -A && ${commit}`);
  return repo;
}

/** Returns the diff that a piece of sh makes. */
function change(
  script: string,
  { files, options = '' }: { files?: Case['files']; options?: string } = {},
): Buffer {
  return sh(
    base(files),
    `${script}\ngit add -Af; git -c core.quotePath=true diff --cached --binary ${options} HEAD`,
  );
}

/** Merges patches as an evaluation does, without tests. */
function merge(
  patches: readonly (string | Uint8Array)[],
  { files, hidden, task, policy = union, image, git }: Case = {},
): Outcome {
  const repo = base(files);
  if (image !== undefined) sh(repo, image);
  const input = folder('input');
  const seats = patches.map((_, index) => `agent${index + 1}`);
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(input, name), content);
  const renames = mayRename(Buffer.from(hidden ?? '')) ? 'renames yes\n' : '';
  write('plan', `seats ${seats.join(' ')}\nfeatures\ntimeout 5\ndiff yes\n${renames}`);
  write('rules', formatAssignment('task_rules', dropRules({ protectedPaths: [], ...task })));
  write('tests-1.patch', hidden ?? formatNewFilePatch('tests/hidden.sh', 'x\n'));
  write('run_tests.sh', '');
  if (policy.onConflict !== undefined) write('resolve', policy.onConflict);
  for (const [index, patch] of patches.entries()) write(`agent${index + 1}.patch`, patch);
  const printed = execFileSync('sh', ['-c', evaluationProgram, 'sh', input, join(input, 'results'), repo], {
    input: 'MARK\n',
    encoding: 'utf8',
    stdio: 'pipe',
    maxBuffer: 64 * 1024 * 1024,
    env: git === undefined ? process.env : { ...process.env, PATH: pathWith(git) },
  });
  const lines = printed
    .split('\n')
    .filter((line) => line.startsWith('MARK '))
    .map((line) => line.slice('MARK '.length));
  const facts = parseFacts(lines);
  const merged = join(input, 'results/merged.patch');
  const diff = existsSync(merged) ? readFileSync(merged, 'utf8') : '';
  return {
    ...facts,
    diff,
    isDoubtful: existsSync(join(input, 'results/doubt')),
    undone: facts.dropped.map(({ path, rule }) => `${rule}: ${path}`),
  };
}

/** Returns a PATH on which `script` runs before git. */
function pathWith(script: string): string {
  const bin = folder('bin');
  const real = sh(bin, 'command -v git').toString().trim();
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\nexec ${real} "$@"\n`, { mode: 0o755 });
  return `${bin}:${process.env.PATH}`;
}

const section = (path: string, from: string, to: string): string =>
  `--- ${path}\n+++ ${path}\n@@ -1 +1 @@\n-${from}\n+${to}\n`;

describe('files that no patch may change', () => {
  test.for<[string, string | Uint8Array, string[], Case?]>([
    [
      'a plain section after one of git',
      addLine(1) + section('a/tests/old.sh', 'old', 'mine'),
      ['test folder tests: tests/old.sh'],
    ],
    [
      'prefixes of another name',
      addLine(1) + section('mine/tests/old.sh', 'old', 'mine'),
      ['test folder tests: tests/old.sh'],
    ],
    [
      'a rename out of a test folder',
      change('git mv tests/old.sh kept.sh', { options: '-M' }),
      ['test folder tests: tests/old.sh'],
    ],
    [
      'a rename into a test folder',
      change('git mv lib.txt tests/lib.txt', { options: '-M' }),
      ['test folder tests: tests/lib.txt'],
    ],
    ['a deletion', change('rm tests/old.sh'), ['test folder tests: tests/old.sh']],
    ['a mode', change('chmod +x tests/old.sh'), ['test folder tests: tests/old.sh']],
    ['a binary file', change('printf "\\0\\1" > tests/b'), ['test folder tests: tests/b']],
    [
      'a folder that became a symbolic link',
      change('rm -r tests; ln -s /tmp tests'),
      ['test folder tests: tests', 'test folder tests: tests/old.sh'],
    ],
    ['a symbolic link with a name of a test folder', change('ln -s /tmp spec'), ['test folder spec: spec']],
    [
      'a submodule with a name of a test folder',
      change(
        'git init -q m/testdata; git -C m/testdata -c user.name=a -c user.email=a@a commit -q --allow-empty -m x',
      ),
      ['test folder testdata: m/testdata'],
    ],
    [
      'a file in the place of a folder of hidden tests',
      change('echo x > check'),
      ['in the way of a file that stays: check'],
      { hidden: formatNewFilePatch('check/hidden.sh', 'x\n') },
    ],
    [
      'a folder in the place of a hidden test',
      change('mkdir check; echo x > check/y'),
      ['touched by the hidden tests: check/y'],
      { hidden: formatNewFilePatch('check', 'x\n') },
    ],
    [
      'a symbolic link above a protected path',
      change('rm -r ci; ln -s /tmp ci', { files: { 'ci/jobs/a': '1\n' } }),
      ['protected path ci/jobs/: ci/jobs/a', 'in the way of a file that stays: ci'],
      { files: { 'ci/jobs/a': '1\n' }, task: { protectedPaths: ['ci/jobs/'] } },
    ],
    [
      'both sides of a rename in the hidden tests',
      change('echo 2 > one; echo 2 > two', { files: { one: '1\n2\n3\n' } }),
      ['touched by the hidden tests: one', 'touched by the hidden tests: two'],
      {
        files: { one: '1\n2\n3\n' },
        hidden: change('git mv one two', { files: { one: '1\n2\n3\n' }, options: '-M' }).toString(),
      },
    ],
    [
      "a task's own patterns, which are globs of git",
      change('mkdir a; echo x > b.t; echo x > a/b.t; echo x > tests/new'),
      ['test pattern *.t: b.t'],
      { task: { testPatterns: ['*.t'] } },
    ],
  ])('%s', ([, patch, undone, more]) => {
    const outcome = merge([patch], more);
    expect(outcome.undone.toSorted()).toEqual(undone.toSorted());
    expect(['applied', 'skipped']).toContain(outcome.applied.get('agent1'));
    for (const line of undone)
      expect(outcome.diff).not.toMatch(new RegExp(`^diff .* b/${line.split(': ')[1]}$`, 'm'));
  });

  test('any bytes of a name are kept apart', () => {
    const names = ['new\nline', 'quo"te', 'back\\slash', 'ta\tb', 'end ', ' start', 'st*r', '[x]', 'ünï'];
    const write = names.map(
      (name) => `echo x > "tests/$(printf '%s' '${name}')"; echo x > "$(printf '%s' '${name}')"`,
    );
    const outcome = merge([change(`${write.join('\n')}\nprintf x > "tests/$(printf '\\377')"`)]);
    expect(outcome.dropped.map(({ path }) => path).toSorted()).toEqual(
      [...names, '\uFFFD'].map((name) => `tests/${name}`).toSorted(),
    );
    expect(outcome.diff.match(/^diff --git/gm)).toHaveLength(names.length);
  });

  test.for([
    ['test_*', ['test_a.py', 'a/test_b/test_c'], ['a/test_b/c.py', 'latest_a.py']],
    ['*_test.EXT', ['pkg/a_test.go'], ['a_test', 'a_test.go.txt']],
    ['*.test.EXT', ['src/a.test.ts'], ['a.test.ts.snap']],
    ['*.spec.EXT', ['src/a.spec.tsx'], ['spec.ts']],
    ['*Test(s).EXT', ['ATest.java', 'b/ATests.kt'], ['ATest.js', 'Testing.java']],
    ['test.py and tests.py', ['test.py', 'app/tests.py'], ['contest.py', 'test']],
  ] as const)('a file is a test by its name: %s', ([, tests, others]) => {
    const outcome = merge([
      change(
        [...tests, ...others].map((name) => `mkdir -p "$(dirname ${name})"; echo x > ${name}`).join('\n'),
      ),
    ]);
    expect(outcome.undone.toSorted()).toEqual(tests.map((name) => `test file name: ${name}`).toSorted());
    for (const name of others) expect(outcome.diff).toContain(`diff --git a/${name} b/${name}\n`);
  });

  test('the rest of a patch counts when the part that is dropped does not apply', () => {
    const invalid =
      section('a/tests/old.sh', 'what is not there', 'mine') + section('a/tests/w[e]ird', 'no', 'yes');
    const outcome = merge([addLine(1) + invalid]);
    expect(outcome.applied.get('agent1')).toBe('applied');
    expect(outcome.undone).toEqual(['test folder tests: tests/old.sh', 'test folder tests: tests/w[e]ird']);
    expect(outcome.diff).toContain('+feature 1\n');
    const other = merge([addLine(1) + section('a/src.txt', 'no', 'yes') + invalid]);
    expect(other.applied.get('agent1')).toBe('failed');
    expect(other.undone).toEqual([]);
  });

  test('a patch that does not apply is not tried without more tests than the shell can list', () => {
    const tests = Array.from({ length: 20_000 }, (_, index) => formatNewFilePatch(`tests/${index}`, 'x\n'));
    const outcome = merge([addLine(1) + tests.join('') + section('a/tests/old.sh', 'no', 'yes'), addLine(2)]);
    expect(outcome.applied).toEqual(
      new Map([
        ['agent1', 'failed'],
        ['agent2', 'applied'],
      ]),
    );
    expect(outcome.merge?.status).toBe('missing_input');
  });

  test('of many paths, and of long ones, a part is listed', () => {
    const many = Array.from({ length: 220 }, (_, index) =>
      formatNewFilePatch(`tests/${index}${'x'.repeat(5000)}`, 'x\n'),
    );
    const outcome = merge([addLine(1) + many.join('')]);
    expect(outcome.diff).not.toContain('tests/');
    expect(outcome.undone.length).toBeGreaterThan(100);
    expect(outcome.undone.length).toBeLessThan(200);
  });

  test('a patch that changes only files that are dropped is skipped', () => {
    const outcome = merge([change('echo x > tests/new')]);
    expect(outcome.applied.get('agent1')).toBe('skipped');
    expect(outcome.diff).toBe('');
  });

  test("a pattern that git refuses is the task's fault, by name", () => {
    expect(() => merge([addLine(1)], { task: { testPatterns: ['../up'] } })).toThrow(
      /protected_paths or test_patterns of the task: fatal: :\(glob\)..\/up: '..\/up' is outside repository/,
    );
  });
});

describe('attributes and configuration of others', () => {
  const conflicting = [addLine(1, 'mine'), addLine(1, 'yours')];
  const strict = { policy: {} };
  const unresolved = { merge: { status: 'conflicts', how: 'none' } };
  const attributes = formatNewFilePatch('.gitattributes', '* merge=union\n');

  test.for<[string, Case, (string | Uint8Array)[]]>([
    ['a patch', strict, [attributes + conflicting[0], conflicting[1] ?? '']],
    ['the base', { ...strict, files: { '.gitattributes': '* merge=union\n' } }, conflicting],
    [
      "the image's info/attributes",
      { ...strict, image: 'mkdir -p .git/info; echo "* merge=union" > .git/info/attributes' },
      conflicting,
    ],
    [
      "the image's configuration",
      {
        ...strict,
        files: { '.gitattributes': '* merge=mine\n' },
        image: 'git config merge.mine.driver true; git config merge.default union',
      },
      conflicting,
    ],
  ])('do not merge: %s', ([, task, patches]) => {
    expect(merge(patches, task)).toMatchObject(unresolved);
  });

  test('union merges whatever attributes the trees have', () => {
    const outcome = merge([attributes.replace('union', 'binary') + conflicting[0], conflicting[1] ?? '']);
    expect(outcome).toMatchObject({
      merge: { status: 'conflicts', how: 'resolved' },
      conflicts: ['lib.txt'],
    });
    expect(outcome.diff).toContain('+mine\n');
    expect(outcome.diff).toContain('+yours\n');
    expect(outcome.diff).not.toContain('merge=union');
  });

  test('an honest change of attributes is part of the patch', () => {
    expect(merge([formatNewFilePatch('.gitattributes', '*.bin binary\n')]).diff).toContain('+*.bin binary\n');
  });

  test('do not change bytes', () => {
    const files = {
      'crlf.txt': 'one\r\ntwo\r\n',
      'filtered.txt': 'plain\n',
      '.gitattributes': 'filtered.txt filter=evil\n',
    };
    const patches = [
      formatNewFilePatch('sub/.gitattributes', '* text eol=crlf\n') +
        formatNewFilePatch('.gitattributes.txt', 'x\n'),
      change('printf "one\\r\\nTWO\\r\\n" > crlf.txt; echo changed > filtered.txt', { files }),
    ];
    const image =
      'git config filter.evil.clean "sed s/changed/evil/"; git config filter.evil.smudge "sed s/changed/evil/"; git config core.autocrlf true';
    const { applied, diff } = merge(patches, { files, image });
    expect([...applied.values()]).toEqual(['applied', 'applied']);
    expect(diff).toContain('-two\r\n+TWO\r\n');
    expect(diff).toContain('+changed\n');
  });

  test('eol in one patch does not keep the next from applying', () => {
    const { applied } = merge([
      formatNewFilePatch('.gitattributes', '* text eol=crlf\n') + addLine(1),
      addLine(2),
    ]);
    expect([...applied.values()]).toEqual(['applied', 'applied']);
  });

  test('hooks and replaced objects of the image take no part', () => {
    const image = [
      'printf "#!/bin/sh\\nexit 1\\n" > .git/hooks/pre-merge-commit; chmod +x .git/hooks/pre-merge-commit',
      'git replace "$(git rev-parse HEAD:lib.txt)" "$(echo other | git hash-object -w --stdin)"',
      'git replace "$(git rev-parse HEAD)" "$(git -c user.name=a -c user.email=a@a commit-tree "$(git mktree < /dev/null)" -m x < /dev/null)"',
    ];
    const { merge: merged, diff } = merge([addLine(1), addLine(2)], { image: image.join('\n') });
    expect(merged).toEqual({ status: 'clean', how: 'naive' });
    expect(diff).toContain('+feature 1\n');
  });
});

test('a patch that applies takes five processes of git, and a base that is clean two, because thousands of sandboxes run this', () => {
  const list = join(folder('list'), 'calls');
  merge([addLine(1)], { git: `echo "$*" >> ${list}` });
  const calls = readFileSync(list, 'utf8').trim().split('\n');
  expect(calls.map((call) => call.split(' ', 1)[0])).toEqual([
    'status',
    'apply',
    'read-tree',
    'apply',
    'diff-index',
    'diff',
    'ls-files',
  ]);
});

test.each([
  ['differs', 'echo other >> lib.txt', ['update-index', 'checkout', 'ls-files']],
  ['is staged', 'echo other >> lib.txt; git add lib.txt', ['update-index', 'checkout', 'ls-files']],
  ['is new', ': > new', ['update-index', 'checkout', 'ls-files', 'clean', 'ls-files']],
  ['is ignored', 'echo /kept > .git/info/exclude; : > kept', ['ls-files', 'clean', 'ls-files']],
])('a base with a file that %s becomes clean', (_, image, expected) => {
  const list = join(folder('list'), 'calls');
  const { diff } = merge([addLine(1)], { image, git: `echo "$*" >> ${list}` });
  const calls = readFileSync(list, 'utf8').trim().split('\n');
  expect(calls.slice(6).map((call) => call.split(' ', 1)[0])).toEqual(expected);
  expect(diff).not.toContain('other');
});

test('a base whose objects are in another folder is merged and tested as others', () => {
  const outcome = merge([addLine(1)], { image: 'git init -q --separate-git-dir "$(mktemp -d)/git"' });
  expect(outcome).toMatchObject({ merge: { status: 'clean', how: 'naive' } });
  expect(outcome.diff).toContain('+feature 1\n');
});

test('git may use two minutes of a processor for what agents wrote, however busy the machine is', () => {
  const list = join(folder('list'), 'limits');
  merge([addLine(1)], { git: `echo "$1 $(ulimit -S -t)" >> ${list}` });
  const limits = readFileSync(list, 'utf8').trim().split('\n');
  expect(limits).toEqual(expect.arrayContaining(['apply 120', 'diff 120', 'status unlimited']));
});

test('lines that a policy adds to the attributes count for one merge', () => {
  const patches = [addLine(1, 'one'), addLine(1, 'two'), addLine(1, 'three')];
  const once = 'n=$(ls ../n* 2> /dev/null | wc -l); : > ../n$n; [ $n = 0 ] || exit 1\n';
  expect(merge(patches, { policy: { onConflict: once + union.onConflict } }).merge?.how).toBe('none');
});

/** A git before 2.38, whose `merge-tree` knows no `--write-tree`. */
const olderGit = 'case "$*" in *merge-tree*) exit 129 ;; esac\n';

describe('a git that is older than merge-tree --write-tree merges in the same way', () => {
  test.for<[string, readonly string[], Case]>([
    ['two patches', [addLine(1), addLine(2)], {}],
    ['three patches', [addLine(1), addLine(2), addLine(3)], {}],
    ['an empty patch and another', ['', addLine(2)], {}],
    ['a patch and an empty one', [addLine(1), ''], {}],
    ['lines of both sides', [addLine(1, 'a'), addLine(1, 'b')], {}],
    ['a conflict among three', [addLine(2), addLine(1, 'a'), addLine(1, 'b')], {}],
    ['two conflicts', [addLine(1, 'a'), addLine(1, 'b'), addLine(1, 'c')], {}],
    ['a conflict that nothing resolves', [addLine(1, 'a'), addLine(1, 'b')], { policy: {} }],
    [
      'a new file on both sides',
      [formatNewFilePatch('n', 'a\n'), formatNewFilePatch('n', 'b\n')],
      { policy: {} },
    ],
    [
      'a file in the place of a folder',
      [formatNewFilePatch('n', 'a\n'), formatNewFilePatch('n/m', 'b\n')],
      { policy: {} },
    ],
  ])('%s', ([, patches, options]) => {
    const outcome = merge(patches, options);
    expect(merge(patches, { ...options, git: olderGit })).toEqual(outcome);
    expect(outcome.isDoubtful).toBe(false);
  });
});

describe('a git that the kernel kills, as where memory runs out', () => {
  const killedIn = (command: string): string =>
    `case " $* " in *" ${command} "*) touch .git/index.lock; kill -9 $$ ;; esac`;

  test('counts against the patch, when it is killed again', () => {
    const outcome = merge([addLine(1), addLine(2)], { git: killedIn('apply --whitespace=nowarn') });
    expect(outcome).toMatchObject({ merge: { status: 'missing_input', how: 'none' }, isExhausted: true });
  });

  test('is a merge that fails', () => {
    // No file system has such a name, and git reads trees that have it.
    const unwritable = formatNewFilePatch('x'.repeat(300), 'x\n');
    const patches = [addLine(1), addLine(2) + unwritable];
    const outcome = merge(patches, { policy: {}, git: killedIn('merge-tree') });
    expect(outcome).toMatchObject({ merge: { status: 'conflicts', how: 'none' } });
  });

  test('does not keep the next patch from applying', () => {
    const git = `case "$*" in *apply*agent1.patch*) touch .git/index.lock; kill -9 $$ ;; esac`;
    expect([...merge([addLine(1), addLine(2)], { git }).applied.values()]).toEqual(['failed', 'applied']);
  });
});

describe('a git that fails', () => {
  const failing = (command: string, words: string, code: number): string =>
    `case "$*" in *'${command}'*) echo '${words}' >&2; exit ${code} ;; esac`;
  const doubtOf = ({ isDoubtful, isExhausted }: Outcome): object => ({ isDoubtful, isExhausted });

  test.for<[string, readonly string[], Case, object]>([
    ['at nothing', [addLine(1), addLine(2)], {}, { isDoubtful: false, isExhausted: false }],
    ['by a conflict', [addLine(1, 'a'), addLine(1, 'b')], {}, { isDoubtful: false, isExhausted: false }],
    [
      'by a conflict that nothing resolves',
      [addLine(1, 'a'), addLine(1, 'b')],
      { policy: {} },
      { isDoubtful: false, isExhausted: false },
    ],
    ['by a patch that is none', ['prose\n'], {}, { isDoubtful: true, isExhausted: false }],
    [
      'to apply for want of room',
      [addLine(1)],
      { git: failing('apply --whitespace', 'error: unable to write: No space left on device', 1) },
      { isDoubtful: true, isExhausted: true },
    ],
    [
      'to merge for want of room',
      [addLine(1), addLine(2)],
      { git: failing('merge-tree', 'fatal: No space left on device', 128) },
      { isDoubtful: true, isExhausted: true },
    ],
    [
      'to commit a merge',
      [addLine(1), addLine(2)],
      { git: failing('commit-tree', 'fatal: nothing known', 128) },
      { isDoubtful: true, isExhausted: false },
    ],
    [
      'to merge, and is older than merge-tree --write-tree',
      [addLine(1), addLine(2)],
      { git: olderGit + failing('merge -q', 'fatal: No space left on device', 128) },
      { isDoubtful: true, isExhausted: true },
    ],
    [
      'to merge without a conflict',
      [addLine(1), addLine(2)],
      { git: failing('merge-tree', 'fatal: nothing known', 128) },
      { isDoubtful: true, isExhausted: false },
    ],
  ])('%s', ([, patches, options, expected]) => {
    expect(doubtOf(merge(patches, options))).toEqual(expected);
  });
});
