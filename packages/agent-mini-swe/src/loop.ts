import { type AgentContext, AgentError, type AgentResult } from '@cooperbench/core';
import type { Journal } from './journal.ts';
import type { ChatModel, Reply, ToolCall, ToolResult, Turn } from './model/chat-model.ts';
import { ModelFailure } from './model/failure.ts';
import { readCall } from './shell/bash-call.ts';
import { formatObservation } from './shell/observation.ts';
import { runShellCommand, type ShellOptions } from './shell/run-command.ts';
import { isSubmission, printsMarker, submitCommand } from './shell/submission.ts';

export interface Work {
  readonly context: Pick<AgentContext, 'workspace' | 'inbox' | 'signal'>;
  readonly model: ChatModel;
  readonly journal: Journal;
  readonly shell: ShellOptions;
}

/** After this many answers in a row without a tool call, the work counts as handed in. */
const silentAnswers = 3;

/** Asks the model for commands, runs them and shows it their output, until it submits, reaches a limit or is refused. */
export async function workUntilDone(work: Work): Promise<AgentResult> {
  try {
    return { status: await converse(work) };
  } catch (error) {
    if (!(error instanceof ModelFailure) || error.kind !== 'refused') throw error;
    work.journal.log(`stopped: ${error.message}`);
    throw new AgentError('AGENT_FAILED', error.message, { scope: 'work', cause: error });
  }
}

async function converse(work: Work): Promise<AgentResult['status']> {
  for (let silentCount = 0; silentCount < silentAnswers; ) {
    const limit = work.journal.limitReached() ?? (await summariseIfLong(work));
    if (limit !== undefined) return stopAt(limit, work);
    await showMessages(work);
    const reply = await ask(work);
    if (reply === undefined) return stopAt("the model's context window", work);
    if (reply.toolCalls.length > 0) {
      silentCount = 0;
      if (await runCalls(reply, work)) return 'Completed';
    } else {
      silentCount += 1;
      remind(work);
    }
  }
  return 'Completed';
}

async function showMessages({ context, journal }: Work): Promise<void> {
  context.signal.throwIfAborted();
  const notes = (await context.inbox?.take()) ?? [];
  if (notes.length === 0) return;
  const text = notes.map((note) => note.text).join('\n\n');
  journal.say(text);
}

const summaryRequest =
  'Stop here for a moment. Your earlier turns are about to be removed from this conversation, and you continue from what you write now. ' +
  'Write down, in plain text and without a tool call: the task, what you found out, the files you read and changed, the commands you ran and what came of them, what you agreed on with others, what you decided, and what is left to do. Leave out nothing that you need.';

/** Has the model summarise the earlier turns of a long conversation. Resolves with the limit that the cost of it reached. */
async function summariseIfLong({ model, journal, context }: Work): Promise<string | undefined> {
  const earlierTurns = journal.earlierTurns();
  if (earlierTurns === undefined) return undefined;
  const conversation: readonly Turn[] = [...earlierTurns, { role: 'user', text: summaryRequest }];
  try {
    const reply = await model.complete(conversation, { signal: context.signal });
    journal.summarise(summaryRequest, reply);
    const treatment = reply.text.trim() === '' ? 'left out without a summary' : 'replaced by a summary';
    journal.log(`the conversation is long: earlier turns are ${treatment}`);
  } catch (error) {
    if (!(error instanceof ModelFailure) || error.kind !== 'context') throw error;
    journal.log(`the model refused to summarise so long a conversation: ${error.message}`);
    journal.shorten();
  }
  return journal.limitReached();
}

/** Returns the model's answer. Returns undefined if even the shortest form of the conversation exceeds its context window. */
async function ask({ model, journal, context }: Work): Promise<Reply | undefined> {
  for (;;) {
    try {
      const reply = await model.complete(journal.turns(), { signal: context.signal });
      journal.answer(reply);
      return reply;
    } catch (error) {
      if (!(error instanceof ModelFailure) || error.kind !== 'context') throw error;
      journal.log(`the model refused the conversation as too long: ${error.message}`);
      if (!journal.shorten()) return undefined;
    }
  }
}

/** Runs the model's tool calls in order. Returns true when one of them submitted. */
async function runCalls(reply: Reply, work: Work): Promise<boolean> {
  for (const call of reply.toolCalls) {
    const { result, submitted } = await runCall(call, reply.cutOff, work);
    work.journal.result(result);
    if (submitted) return true;
  }
  return false;
}

/** Follows the output of a command that looks as if it had handed in. */
const notHandedIn = `[Nothing was handed in. To hand in, run \`${submitCommand}\` and nothing else.]\n`;

async function runCall(
  call: ToolCall,
  cutOff: boolean,
  { context, shell, journal }: Work,
): Promise<{ result: ToolResult; submitted: boolean }> {
  const { id, name } = call;
  const toolCall = readCall(call, cutOff);
  if ('mistake' in toolCall) {
    journal.log(`malformed tool call: ${toolCall.mistake}`);
    return { result: { id, name, text: toolCall.mistake, malformed: true }, submitted: false };
  }
  journal.log(`$ ${toolCall.command}`);
  const outcome = await runShellCommand(context.workspace, toolCall.command, {
    ...shell,
    signal: context.signal,
  });
  const submitted = isSubmission(toolCall.command, outcome);
  const note = !submitted && outcome.exitCode === 0 && printsMarker(outcome) ? notHandedIn : '';
  const text = formatObservation(outcome, shell.timeoutMs) + note;
  journal.log(text);
  return { result: { id, name, text, malformed: false }, submitted };
}

function remind({ journal }: Work): void {
  journal.say(
    `Your answer called no tool. Continue with the bash tool; when the work is done, run \`${submitCommand}\` with it.`,
  );
}

function stopAt(limit: string, { journal }: Work): 'LimitsExceeded' {
  journal.log(`stopped: ${limit} was reached`);
  return 'LimitsExceeded';
}
