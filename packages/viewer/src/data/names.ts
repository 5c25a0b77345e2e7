/** Whether a text names a file: by its path or, as people do, by its last part. */
export function mentionsPath(text: string, path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  // Nothing names a path that ends in a slash. A patch may contain one.
  if (name === '') return false;
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + name.length] ?? ' ';
    if (!/[\w-]/.test(after) && !/[\w.-]/.test(before)) return true;
  }
  return false;
}
