import { count } from '@cooperbench/command/figures';
import { formatPlainText } from './plain-text.ts';

/** Names the files that a page would have used. */
export function Problems({ problems }: { readonly problems: readonly string[] }) {
  if (problems.length === 0) return null;
  return (
    <details class="notice problem">
      <summary>{count(problems.length, 'file')} cannot be read</summary>
      <ul>
        {problems.map((problem) => (
          <li key={problem}>{formatPlainText(problem, 600)}</li>
        ))}
      </ul>
    </details>
  );
}
