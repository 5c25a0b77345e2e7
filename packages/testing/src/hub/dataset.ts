import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HubFile } from './hub.ts';

function formatNewFilePatch(line: string): string {
  return `diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+${line}\n`;
}

/** Returns a golden patch of so many bytes. */
export function patchOf(bytes: number): string {
  return formatNewFilePatch('x'.repeat(bytes - formatNewFilePatch('').length));
}

/** One task of two features, a subset, and a file of the repository's own. */
export const smallDataset: readonly HubFile[] = [
  { path: 'README.md', content: 'papers' },
  ...task('abc_task/task1', [1, 2]),
  {
    path: 'subsets/lite.json',
    content: '{ "name": "lite", "tasks": [{ "repo": "abc_task", "task_id": 1 }] }',
  },
];

/** Returns the files of a task, whose golden patches are in the Hub's large storage. */
export function task(folder: string, features: readonly number[]): HubFile[] {
  return [
    ...['Dockerfile', 'setup.sh', 'runner.sh', 'run_tests.sh'].map((name) => ({
      path: `${folder}/${name}`,
      content: `# ${name}\n`,
    })),
    ...features.flatMap((id) => [
      { path: `${folder}/feature${id}/feature.md`, content: `# Feature ${id} of ${folder}\n` },
      { path: `${folder}/feature${id}/feature.patch`, content: patchOf(3000), kind: 'lfs' as const },
      { path: `${folder}/feature${id}/tests.patch`, content: formatNewFilePatch('test') },
    ]),
  ];
}

/** These files with one added, or replaced. */
export function withFile(files: readonly HubFile[], file: HubFile): HubFile[] {
  return [...files.filter(({ path }) => path !== file.path), file];
}

/** Builds every file of a folder, by path, but for the record. */
export function buildContents(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    paths
      .map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')] as const)
      .filter(([path]) => path !== '.cooperbench-dataset.json')
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}

/** Returns what a folder should hold of a listing. */
export function buildExpectedContents(files: readonly HubFile[]): Record<string, string> {
  return Object.fromEntries(
    files
      .filter(({ path }) => path.includes('/'))
      .map(({ path, content }) => [path, String(content)] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}
