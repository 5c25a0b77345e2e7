import type { AgentContext } from '@cooperbench/core';
import { submitCommand } from '../shell/submission.ts';
import { defaultPrompts, type Prompts, untestedTask } from './defaults.ts';
import { fill } from './placeholders.ts';

interface PromptSituation
  extends Pick<
    AgentContext,
    'seat' | 'peers' | 'workspace' | 'instructions' | 'channels' | 'inbox' | 'handsIn'
  > {
  readonly maxSteps: number;
  readonly commandTimeoutSeconds: number;
}

/** Renders the two texts that a conversation begins with: alone or with peers, and then with what the channels say. */
export function renderPrompts(
  prompts: Prompts,
  task: string,
  situation: PromptSituation,
): { readonly system: string; readonly task: string } {
  const { seat, peers, workspace, maxSteps } = situation;
  const limited = Number.isFinite(maxSteps);
  const isUntested = situation.handsIn === false && prompts.task === defaultPrompts.task;
  const everywhere = {
    seat,
    repo_dir: workspace.repoDir,
    command_timeout_seconds: String(situation.commandTimeoutSeconds),
    submit_command: submitCommand,
    max_steps: limited ? String(maxSteps) : 'unlimited',
  };
  const formatTeam = (): string => {
    const values = {
      ...everywhere,
      peers: peers.length === 1 ? `${peers[0]} works` : `${peers.join(', ')} work`,
      peer_names: peers.join(', '),
      peer: peers[0] ?? '',
    };
    const channels = situation.channels.map(({ name, instructions }) => {
      const ownPrompt = prompts.channels[name];
      return `\n${ownPrompt === undefined ? instructions : fill(ownPrompt, values)}\n`;
    });
    return fill(prompts.team, {
      ...values,
      instructions: situation.instructions ?? '',
      no_messages: situation.inbox === undefined ? fill(prompts.no_messages, values) : '',
      channels: channels.join(''),
    });
  };
  return {
    system: fill(prompts.system, everywhere),
    task: fill(isUntested ? untestedTask : prompts.task, {
      ...everywhere,
      task,
      team: peers.length === 0 ? '' : formatTeam(),
      step_note: limited ? ` You have ${maxSteps} steps; each answer of yours is one.` : '',
    }),
  };
}
