import type { AgentContext } from '@cooperbench/core';

/**
 * Returns instructions for a framework besides the task, in Markdown: who the other seats are, how to use the channels, and
 * how work is handed in. Put them in the system prompt, or in an instruction file outside the repository.
 */
export function seatInstructions({
  seat,
  instructions,
  channels,
  workspace,
  handsIn,
}: Pick<AgentContext, 'seat' | 'instructions' | 'channels' | 'workspace' | 'handsIn'>): string {
  const work =
    handsIn === false
      ? ['Do what your task says, and leave in the work tree what it asks for. No test checks your changes.']
      : [
          'Everything in its work tree that differs from the first commit is handed in when you finish. Hidden tests check it.',
          'Try what you change: run the existing tests that touch it, and a small script of your own. Do not change existing tests or configuration to make something pass. Remove scripts, notes and other files that are not part of the work before you finish.',
        ];
  return [
    `You are ${seat}. Your work is the git repository at ${workspace.repoDir}.`,
    ...work,
    'Nobody answers questions: make the decisions yourself.',
    instructions,
    ...channels.map((channel) => channel.instructions),
  ]
    .filter((part) => part !== undefined && part.trim() !== '')
    .join('\n\n');
}
