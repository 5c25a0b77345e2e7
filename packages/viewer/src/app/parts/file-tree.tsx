import type { DiffFile } from './diff-rows.ts';
import { buildPathTree, type TreeNode } from './path-tree.ts';
import { formatPlainText } from './plain-text.ts';

interface Props {
  readonly files: readonly DiffFile[];
  readonly wanted: string | undefined;
  readonly href: (path: string) => string;
}

/** Files of a patch by their folders, each a link to its lines. */
export function FileTree({ files, wanted, href }: Props) {
  const draw = (nodes: readonly TreeNode<DiffFile>[]) => (
    <ul>
      {nodes.map(({ name, file, children }, index) => (
        <li key={index}>
          {file ? (
            <a href={href(file.path)} aria-current={file.path === wanted ? 'true' : undefined}>
              <bdi>{formatPlainText(name) || '(no name)'}</bdi>{' '}
              <span class="stat">
                <ins>+{file.added}</ins> <del>−{file.removed}</del>
              </span>
            </a>
          ) : (
            <>
              <bdi class="muted">{formatPlainText(name)}/</bdi>
              {draw(children)}
            </>
          )}
        </li>
      ))}
    </ul>
  );
  return (
    <nav class="tree" aria-label="Files of the patch">
      {draw(buildPathTree(files))}
    </nav>
  );
}
