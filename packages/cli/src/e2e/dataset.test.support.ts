import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { slowness } from './cli.test.support.ts';

export interface ShellDataset {
  readonly features?: readonly number[];
  readonly tasks?: readonly number[];
  /** Runs before each hidden test's verdict. */
  readonly beforeCheck?: string;
  /**
   * Images of the dataset's own, for tests on Docker that run at the same time with different ones: one that all tasks share,
   * or one for each.
   */
  readonly ownImages?: 'shared' | 'each';
}

/**
 * Writes a dataset of `shell_task`, which needs nothing but sh and git: feature N is done when a line `feature N` is in
 * lib.txt. Features merge cleanly.
 */
export function shellDataset(
  directory: string,
  { features = [1, 2], tasks = [1], beforeCheck = ':', ownImages }: ShellDataset = {},
): string {
  for (const id of tasks) {
    const image = ownImages && imageOf(directory, ownImages === 'each' ? id : undefined);
    writeTask(join(directory, `shell_task/task${id}`), features, beforeCheck, { image });
  }
  return directory;
}

function writeTask(task: string, features: readonly number[], beforeCheck: string, extra: object): void {
  const write = (name: string, content: string): void => {
    mkdirSync(join(task, name, '..'), { recursive: true });
    writeFileSync(join(task, name), content);
  };
  for (const id of features) {
    write(`feature${id}/feature.md`, `# Feature ${id}\n\nA line \`feature ${id}\` is in lib.txt.\n`);
    write(`feature${id}/feature.patch`, goldenPatch(id));
    write(`feature${id}/tests.patch`, hiddenTest(id, beforeCheck));
  }
  write('repo/lib.txt', lines.join('\n'));
  write('setup.sh', setup);
  write('run_tests.sh', runTests);
  write('runner.sh', runner);
  write('Dockerfile', dockerfile);
  write(
    'task.json',
    JSON.stringify({ ...extra, network: 'none', timeout_seconds: Math.ceil(20 * slowness) }),
  );
}

/** Returns the image of a dataset with images of its own. `task`: of this one. */
export function imageOf(dataset: string, task?: number): string {
  const place = basename(dirname(dataset)).toLowerCase();
  return `cooperbench-test/${place}:${task === undefined ? 'shell' : `task${task}`}`;
}

const section = (id: number): string[] => [`section ${id}`, '', '', '', ''];
const lines = [1, 2, 3, 4].flatMap(section);

/** Adds `feature N` below its section's heading. */
export function goldenPatch(id: number): string {
  const offset = (id - 1) * 5 + 1;
  return [
    'diff --git a/lib.txt b/lib.txt',
    '--- a/lib.txt',
    '+++ b/lib.txt',
    `@@ -${offset},4 +${offset},5 @@`,
    ` section ${id}`,
    `+feature ${id}`,
    ' ',
    ' ',
    ' ',
    '',
  ].join('\n');
}

/** Returns the command of an agent that does feature N. */
export const doFeature = (id: number): string => `sed -i '/^section ${id}$/a feature ${id}' lib.txt`;

function hiddenTest(id: number, beforeCheck: string): string {
  const body = [
    beforeCheck,
    'echo 1..1',
    `case $(cat lib.txt) in *"feature ${id}"*) echo ok 1 ;; *) echo not ok 1; exit 1 ;; esac`,
  ];
  const path = `check${id}.sh`;
  return [
    `diff --git a/${path} b/${path}`,
    'new file mode 100644',
    '--- /dev/null',
    `+++ b/${path}`,
    `@@ -0,0 +1,${body.length} @@`,
    ...body.map((line) => `+${line}`),
    '',
  ].join('\n');
}

const setup = `set -e
here=$(dirname "$0")
mkdir -p "$1"
cp -R "$here/repo/." "$1"
cd "$1"
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a
export GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z
git init -q -b main
git add -A
git commit -q -m base
`;

const runTests = `cd "$1" || exit 2
[ -z "\${3-}" ] || git apply "$3" || exit 2
git apply "$2" || exit 2
set -- check*.sh
exec sh "$1"
`;

export const runner = `cd /patches && exec sh /usr/local/bin/run_tests.sh /workspace/repo "$PWD/$1" \${2+"$PWD/$2"}
`;

export const dockerfile = `ARG BASE
FROM \${BASE}
COPY . /tmp/task
RUN sh /tmp/task/setup.sh /workspace/repo && git config --system --add safe.directory /workspace/repo \\
 && mkdir -p /usr/local/bin /patches && cp /tmp/task/run_tests.sh /tmp/task/runner.sh /usr/local/bin \\
 && chmod 755 /usr/local/bin/*.sh && rm -r /tmp/task
WORKDIR /workspace/repo
`;

type Turn = {
  readonly say?: string;
  readonly run?: string | readonly string[];
  readonly wait_ms?: number;
  readonly submit?: boolean;
};
type Script = { readonly match?: object; readonly turns: readonly Turn[] };

/** Writes a file of turns and gives the model that replays it, relative to the folder the command runs in. */
export function scriptedModel(folder: string, scripts: readonly Script[], name = 'script.json'): string {
  writeFileSync(join(folder, name), JSON.stringify({ scripts }));
  return `scripted/${name}`;
}
