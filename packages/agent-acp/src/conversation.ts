import {
  type ClientContext,
  type NewSessionRequest,
  PROTOCOL_VERSION,
  type PromptResponse,
} from '@agentclientprotocol/sdk';
import { type Framework, message, pushNotes, seatInstructions } from '@cooperbench/agent-kit';
import type { AgentContext } from '@cooperbench/core';
import type { AcpProgram } from './options.ts';
import type { Transcript } from './transcript.ts';

/** Opens the session of a program. Resolves with its id. */
export async function openSession(
  program: ClientContext,
  { authenticate, mode }: Pick<AcpProgram, 'authenticate' | 'mode'>,
  { mcpServers = [], workspace: { repoDir: cwd } }: Pick<AgentContext, 'mcpServers' | 'workspace'>,
): Promise<string> {
  const { protocolVersion } = await program.request('initialize', {
    protocolVersion: PROTOCOL_VERSION,
    clientInfo: { name: 'cooperbench', version: '1' },
    clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
  });
  if (protocolVersion !== PROTOCOL_VERSION)
    throw new Error(`it speaks version ${protocolVersion} of the protocol, not ${PROTOCOL_VERSION}`);
  if (authenticate !== undefined) await program.request('authenticate', { methodId: authenticate });
  const sessionRequest: NewSessionRequest = {
    cwd,
    mcpServers: mcpServers.map(({ name, command }) => ({ name, command, args: [], env: [] })),
  };
  const { sessionId } = await program.request('session/new', sessionRequest);
  if (typeof sessionId !== 'string') throw new Error('its answer to session/new has no session id');
  if (mode !== undefined) await program.request('session/set_mode', { sessionId, modeId: mode });
  return sessionId;
}

interface Session {
  readonly id: string;
  readonly program: ClientContext;
  readonly framework: Framework;
  readonly transcript: Transcript;
}

/**
 * Prompts a session with the task, and then with what the other seats write, until the program has finished and no message
 * waits. Resolves with undefined, or with the reason why a turn stopped early.
 */
export async function converse(
  task: string,
  context: AgentContext,
  { id, program, framework, transcript }: Session,
  concurrent: boolean,
): Promise<string | undefined> {
  const { record, inbox } = context;
  const turns = new Set<Promise<PromptResponse>>();
  const prompt = (text: string): void => {
    const turn = program.request('session/prompt', { sessionId: id, prompt: [{ type: 'text', text }] });
    turns.add(turn);
  };
  const messagesNote = inbox && !concurrent ? `\n\n${messagesComeLater}` : '';
  const instructions = `${seatInstructions(context)}${messagesNote}`;
  record({ type: 'message', message: message('system', instructions) });
  record({ type: 'message', message: message('user', task) });
  prompt(`${instructions}\n\n${task}`);
  const inject = async (text: string): Promise<boolean> => {
    prompt(text);
    return true;
  };
  using push = concurrent ? pushNotes(context, framework, inject) : undefined;
  for (;;) {
    for (const turn of turns) {
      const { stopReason } = await turn;
      turns.delete(turn);
      if (stopReason !== 'end_turn') return `its turn ended with ${stopReason}`;
    }
    transcript.flush();
    if (push === undefined) {
      const notes = (await inbox?.take()) ?? [];
      if (notes.length === 0) return undefined;
      const content = notes.map(({ text }) => text).join('\n\n');
      record({ type: 'message', message: message('user', content) });
      prompt(content);
    } else if (!(await push.settle()) && turns.size === 0) return undefined;
  }
}

/** The channel says that messages appear before the next step, which is not so for every program. */
const messagesComeLater =
  'In this session, messages appear when you end your turn. Run `read_messages` between your steps to see them earlier.';
