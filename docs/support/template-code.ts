import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Kind, kindNames } from '../../packages/cli/src/scaffold/kinds.ts';
import { namesOf } from '../../packages/cli/src/scaffold/names.ts';
import { planFiles } from '../../packages/cli/src/scaffold/plan.ts';
import { root } from './markdown.ts';

/**
 * The guides for plugin authors. Between `<!-- code: PATH -->` and `<!-- end of PATH -->` is what `plugins create` writes,
 * or a file of a package. Both have their own tests.
 */
export async function authorGuides(): Promise<[path: string, text: string][]> {
  return Promise.all(kindNames.map(authorGuide));
}

async function authorGuide(kind: Kind): Promise<[path: string, text: string]> {
  const path = `docs/guide/writing-${/^[aeiou]/.test(kind) ? 'an' : 'a'}-${kind}.md`;
  const files = await planFiles(kind, namesOf(kind, 'demo'), { version: '1.0.0' });
  const page = readFileSync(join(root, path), 'utf8');
  const text = page.replaceAll(
    /<!-- code: (\S+) -->[\s\S]*?<!-- end of \1 -->/g,
    (_, file: string) =>
      `<!-- code: ${file} -->\n\n\`\`\`typescript\n${codeOf(files, file)}\`\`\`\n\n<!-- end of ${file} -->`,
  );
  return [path, text];
}

function codeOf(files: ReadonlyMap<string, string>, file: string): string {
  if (file.startsWith('packages/')) return readFileSync(join(root, file), 'utf8');
  const code = files.get(file);
  if (code === undefined) throw new Error(`No template has ${file}.`);
  return code;
}
