import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitFiles } from './committed-files.ts';

/** A hidden test as the body of a shell script that prints TAP. */
export const passingCheck =
  'echo 1..1; case $(cat lib.txt) in *"feature $1"*) echo ok 1 ;; *) echo not ok 1; exit 1 ;; esac';

export interface ShellTask {
  /** Feature ids. The hidden test of each is `check` with the id as `$1`. */
  readonly features?: readonly number[];
  readonly check?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly taskJson?: object;
}

/**
 * Creates a dataset of one task, `shell_task/task1`, that needs only sh and git. `lib.txt` has three sections, and a line
 * `feature N` in it completes feature N. Returns the dataset's directory, which the caller removes.
 */
export function shellTask({
  features = [1, 2],
  check = passingCheck,
  files = {},
  taskJson = { timeout_seconds: 60, network: 'none' },
}: ShellTask = {}): string {
  const dataset = mkdtempSync(join(tmpdir(), 'cooperbench-shell-'));
  const task = join(dataset, 'shell_task/task1');
  const base: Record<string, string> = { 'lib.txt': 'top\n\n\n\nmiddle\n\n\n\nbottom\n', ...files };
  for (const id of features) {
    const feature = join(task, `feature${id}`);
    mkdirSync(feature, { recursive: true });
    writeFileSync(
      join(feature, 'feature.md'),
      `# Feature ${id}\n\nA line \`feature ${id}\` is in lib.txt.\n`,
    );
    writeFileSync(join(feature, 'feature.patch'), addLine(id));
    writeFileSync(
      join(feature, 'tests.patch'),
      formatNewFilePatch(`check${id}.sh`, `set -- ${id}\n${check}\n`),
    );
  }
  // A copy is one process; `git init`, `add` and `commit` in every sandbox would be ten.
  cpSync(commitFiles(base), join(task, 'repo'), { recursive: true, preserveTimestamps: true });
  writeFileSync(
    join(task, 'setup.sh'),
    'set -e\n[ -d "$1" ] || mkdir -p "$1"\ncp -Rp "${0%/*}/repo/." "$1"\ncd "$1"\nmv git .git\nexec git update-index --refresh\n',
  );
  writeFileSync(
    join(task, 'run_tests.sh'),
    'cd "$1" || exit 2\n[ -z "${3-}" ] || git apply "$3" || exit 2\ngit apply "$2" || exit 2\nset -- check*.sh\nexec sh "$1"\n',
  );
  writeFileSync(join(task, 'task.json'), JSON.stringify(taskJson));
  return dataset;
}

/** Returns a patch that adds a line: feature 1 at the top, 2 at the bottom, others in the middle. */
export function addLine(id: number, text = `feature ${id}`): string {
  const hunks: Record<number, string> = {
    1: `@@ -1,4 +1,5 @@\n top\n+${text}\n \n \n \n`,
    2: `@@ -6,4 +6,5 @@ middle\n \n \n \n bottom\n+${text}\n`,
  };
  const hunk = hunks[id] ?? `@@ -2,7 +2,8 @@ top\n \n \n \n middle\n+${text}\n \n \n \n`;
  return `diff --git a/lib.txt b/lib.txt\n--- a/lib.txt\n+++ b/lib.txt\n${hunk}`;
}

export function formatNewFilePatch(path: string, content: string): string {
  const lines = content.split('\n');
  const last = lines.pop();
  const body =
    lines.map((line) => `+${line}\n`).join('') + (last ? `+${last}\n\\ No newline at end of file\n` : '');
  return `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length + (last ? 1 : 0)} @@\n${body}`;
}
