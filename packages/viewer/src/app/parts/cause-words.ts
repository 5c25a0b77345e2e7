/** Formats the names of causes in files, as words. */
export function formatCauseWords(name: string): string {
  return name.replaceAll('_', ' ');
}
