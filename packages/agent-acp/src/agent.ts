import { RequestError } from '@agentclientprotocol/sdk';
import {
  type Framework,
  failedWork,
  frameworkAgent,
  message,
  type SandboxWork,
} from '@cooperbench/agent-kit';
import { apis, type Environment } from '@cooperbench/agent-kit/providers';
import {
  type Agent,
  type AgentContext,
  getMessage,
  mustRun,
  settledWithin,
  withTimeout,
} from '@cooperbench/core';
import { type Connection, connect } from './connection.ts';
import { converse, openSession } from './conversation.ts';
import { type AcpProgram, defaultRetries, defaultStartSeconds, type SeatOptions } from './options.ts';
import { findText, type TemplateValues } from './template.ts';
import { Transcript } from './transcript.ts';

/** How often the limits of the seat are looked at while the program works. */
const limitPollMs = 200;
/** How long a program may take to stop after `session/cancel`, and to end after its input has ended. */
const stopMs = 3_000;

/** Creates an agent that runs a program which speaks the Agent Client Protocol, in the sandbox of its seat. */
export function createAcpAgent(
  name: string,
  program: AcpProgram,
  options: SeatOptions = {},
  env: Environment = process.env,
): Agent {
  return frameworkAgent(
    {
      name,
      protocols: apis[program.api],
      speaks: `the API "${program.api}"`,
      hint: 'Use a model of a provider with this API.',
      work: (task, context, sandbox) => work(task, context, sandbox, program, options),
    },
    options,
    env,
  );
}

async function work(
  task: string,
  context: AgentContext,
  sandbox: SandboxWork,
  program: AcpProgram,
  { startSeconds = defaultStartSeconds, ...options }: SeatOptions,
): Promise<void> {
  const { record, inbox } = context;
  const framework = await startProgram(context, sandbox, program, options);
  const transcript = new Transcript((message) => record({ type: 'message', message }));
  const connection = connect(framework, context, {
    onUpdate: (update) => transcript.update(update),
    async takeMessages() {
      const texts = ((await inbox?.take()) ?? []).map(({ text }) => text);
      for (const text of texts) record({ type: 'message', message: message('user', text) });
      return texts;
    },
  });
  let failure: string | undefined;
  try {
    const openingSession = openSession(connection.program, program, context);
    const createTimeoutError = (): Error => new Error(`it opened no session within ${startSeconds} s`);
    const id = await withTimeout(startSeconds * 1000, () => openingSession, createTimeoutError);
    const session = { id, program: connection.program, framework, transcript };
    const talking = converse(task, context, session, program.concurrentPrompts === true);
    failure = await waitWithinLimit(talking, session, sandbox);
  } catch (error) {
    failure = getReason(error);
  }
  const crash = await end(framework, connection);
  transcript.flush();
  if (failure) throw failedWork(`${program.name} failed: ${crash ?? failure}`);
}

async function startProgram(
  { workspace, signal }: AgentContext,
  { start, modelUrl, gateway, plan }: SandboxWork,
  { command, env = {}, files = {} }: AcpProgram,
  { effort, temperature, topP, contextWindow, retries = defaultRetries }: SeatOptions,
): Promise<Framework> {
  const mktempOutput = await mustRun(workspace, ['mktemp', '-d'], { cwd: '/', signal });
  const folder = mktempOutput.toString().trim();
  const values: TemplateValues = {
    ...{ model: plan.model.name, model_url: modelUrl, token: gateway.token },
    ...{ folder, retries, attempts: retries + 1 },
    ...{ effort, temperature, top_p: topP, context_window: contextWindow },
  };
  for (const [path, content] of Object.entries(files))
    await workspace.writeFile(`${folder}/${path}`, findText(content, values) ?? '', { signal });
  const variables = Object.entries(env).flatMap(([key, value]) => {
    const text = findText(value, values);
    return text === undefined ? [] : [[key, text]];
  });
  return start(
    command.flatMap((part) => findText(part, values) ?? []),
    { env: Object.fromEntries(variables) },
  );
}

/** Cancels the turn when the seat has reached a limit: not every program stops when its model refuses to answer. */
async function waitWithinLimit(
  talking: Promise<string | undefined>,
  { id, program }: { readonly id: string; readonly program: Connection['program'] },
  { gateway }: SandboxWork,
): Promise<string | undefined> {
  const limitReached = Promise.withResolvers<void>();
  const poll = setInterval(() => gateway.limit !== undefined && limitReached.resolve(), limitPollMs);
  try {
    const first = await Promise.race([
      talking.then((failure) => ({ failed: failure })),
      limitReached.promise,
    ]);
    if (first !== undefined) return first.failed;
    await program.notify('session/cancel', { sessionId: id });
    await settledWithin(stopMs, talking);
    return 'its seat reached a limit';
  } finally {
    clearInterval(poll);
  }
}

/** Ends the program. Resolves with what it says about its end when it ended by itself. */
async function end(framework: Framework, { ended, hasEnded }: Connection): Promise<string | undefined> {
  const byItself = hasEnded();
  await framework.endInput();
  if (!(await settledWithin(stopMs, ended))) await framework.kill();
  await ended;
  const exitMessage = await framework.exitFailure();
  return byItself ? exitMessage : undefined;
}

function getReason(error: unknown): string {
  const data = error instanceof RequestError && error.data !== undefined ? JSON.stringify(error.data) : '';
  return `${getMessage(error)} ${data}`.trim().slice(0, 2000);
}
