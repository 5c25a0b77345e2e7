import { broughtInWords } from './brings.ts';
import type { PluginRow } from './rows.ts';

/** A plugin as text: where it is from, and below that what it brings or why it is left out. */
export function linesOfPlugin(row: PluginRow): string[] {
  const { name, version, from, root, commands, problem } = row;
  const where = from === 'linked' ? ` (linked from ${root})` : from === 'other' ? '' : ` (${from})`;
  const head = `${version === null ? name : `${name} ${version}`}${where}`;
  if (problem) {
    const text = `left out: ${problem.message}${problem.hint === null ? '' : `\n${problem.hint}`}`;
    return [head, ...text.split('\n').map((line) => `  ${line}`)];
  }
  const command = commands.length === 1 ? 'command' : 'commands';
  const brought = [broughtInWords(row), commands.length > 0 ? `${command} ${commands.join(', ')}` : ''];
  return [head, `  ${brought.filter(Boolean).join('; ') || 'brings nothing'}`];
}
