import { findNearest } from '@cooperbench/core';
import type { Prompts } from './defaults.ts';

const everywhere = ['seat', 'repo_dir', 'command_timeout_seconds', 'submit_command', 'max_steps'] as const;
const amongPeers = ['peers', 'peer_names', 'peer'] as const;

/** The `{{name}}`s that each prompt may contain. */
export const placeholders: Readonly<Record<keyof Prompts, readonly string[]>> = {
  system: everywhere,
  task: [...everywhere, 'task', 'team', 'step_note'],
  team: [...everywhere, ...amongPeers, 'instructions', 'no_messages', 'channels'],
  no_messages: [...everywhere, ...amongPeers],
  channels: [...everywhere, ...amongPeers],
};

/** Unknown placeholders of the prompts, one per line, and a task prompt that does not show the task. */
export function listPlaceholderFaults({ channels = {}, ...prompts }: Partial<Prompts>): string[] {
  const faults = [
    ...Object.entries(prompts).flatMap(([key, text]) =>
      listUnknownPlaceholders(`prompts.${key}`, text, placeholders[key as keyof Prompts]),
    ),
    ...Object.entries(channels).flatMap(([name, text]) =>
      listUnknownPlaceholders(`prompts.channels.${name}`, text, placeholders.channels),
    ),
  ];
  if (prompts.task !== undefined && !prompts.task.includes('{{task}}'))
    faults.push('prompts.task: has no "{{task}}", so the agent would not see its task');
  return faults;
}

function listUnknownPlaceholders(key: string, text: string, knownNames: readonly string[]): string[] {
  return [...text.matchAll(pattern)]
    .map((match) => match[1] ?? '')
    .filter((name) => !knownNames.includes(name))
    .map((name) => {
      const suggestion = findNearest(name, knownNames);
      const hint = suggestion ? `did you mean "{{${suggestion}}}"?` : `known: ${knownNames.join(', ')}`;
      return `${key}: unknown placeholder "{{${name}}}"; ${hint}`;
    });
}

/** Replaces placeholders once. Inserted text is not searched for more. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(pattern, (match, name: string) => values[name] ?? match);
}

const pattern = /\{\{(\w*)\}\}/g;
