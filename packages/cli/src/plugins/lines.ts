import { formatProvidedInWords } from '@cooperbench/command/plugins';
import type { PluginRow } from './rows.ts';

/** Lists the lines about a plugin: its origin, and what it provides or why it is left out. */
export function listLinesOfPlugin(row: PluginRow): string[] {
  const { commands, problem, warning } = row;
  const head = formatHeadOfPlugin(row);
  if (problem) {
    const text = `left out: ${problem.message}${problem.hint === null ? '' : `\n${problem.hint}`}`;
    return [head, ...text.split('\n').map((line) => `  ${line}`)];
  }
  const command = commands.length === 1 ? 'command' : 'commands';
  const provided = [
    formatProvidedInWords(row),
    commands.length > 0 ? `${command} ${commands.join(', ')}` : '',
  ];
  const summary = `  ${provided.filter(Boolean).join('; ') || 'provides nothing'}`;
  return warning === null ? [head, summary] : [head, summary, `  warning: ${warning}`];
}

/** Formats the first line about a plugin, such as `@acme/cooperbench-backend-slurm 1.2.0 (installed)`. */
export function formatHeadOfPlugin(row: PluginRow): string {
  const { name, version } = row;
  return `${version === null ? name : `${name} ${version}`}${getOrigin(row)}`;
}

function getOrigin({ from, root, named }: PluginRow): string {
  if (from === 'linked') return ` (linked from ${root})`;
  if (from === 'project') return ` (named in ${named})`;
  return from === 'other' ? '' : ` (${from})`;
}
