/** Returns whether a text names a file: by its path or, as people do, by its last part. */
export function mentionsPath(text: string, path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  // Nothing names a path that ends in a slash. A patch may contain one.
  if (name === '') return false;
  for (let index = text.indexOf(name); index !== -1; index = text.indexOf(name, index + 1)) {
    const before = text[index - 1] ?? ' ';
    const after = text[index + name.length] ?? ' ';
    if (!/[\w-]/.test(after) && !/[\w.-]/.test(before)) return true;
  }
  return false;
}
