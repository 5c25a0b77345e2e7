/** A file, or a folder with what is in it. */
export interface TreeNode<T> {
  /** `src/app` for a folder whose parent holds nothing else. */
  readonly name: string;
  readonly file?: T;
  readonly children: readonly TreeNode<T>[];
}

/** Arranges files by their folders, in the order of the files. */
export function buildPathTree<T extends { readonly path: string }>(
  files: readonly T[],
): readonly TreeNode<T>[] {
  return buildBranch(files.map((file) => ({ file, parts: listParts(file.path) })));
}

/** A path that is deeper than any real one counts as one name. */
function listParts(path: string): string[] {
  const parts = path.split('/');
  return parts.length > 64 ? [path] : parts;
}

interface RemainingFile<T> {
  readonly file: T;
  readonly parts: readonly string[];
}

function buildBranch<T>(files: readonly RemainingFile<T>[]): TreeNode<T>[] {
  const groups = Map.groupBy(files, ({ parts }) => (parts.length > 1 ? `${parts[0]}/` : parts[0]));
  return [...groups.values()].flatMap((group): TreeNode<T>[] => {
    const [first] = group;
    if (!first) return [];
    if (first.parts.length <= 1)
      return group.map(({ file, parts }) => ({ name: parts[0] ?? '', file, children: [] }));
    const children = buildBranch(group.map(({ file, parts }) => ({ file, parts: parts.slice(1) })));
    const [onlyChild] = children;
    const name = first.parts[0] ?? '';
    return children.length === 1 && onlyChild && !onlyChild.file
      ? [{ ...onlyChild, name: `${name}/${onlyChild.name}` }]
      : [{ name, children }];
  });
}
