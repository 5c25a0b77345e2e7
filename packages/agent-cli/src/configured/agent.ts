import { basename } from 'node:path';
import {
  frameworkAgent,
  message,
  pushNotes,
  readAgentConfig,
  type SandboxWork,
  seatInstructions,
} from '@cooperbench/agent-kit';
import { apis, type Environment } from '@cooperbench/agent-kit/providers';
import { type Agent, type AgentContext, ConfigError, mustRun } from '@cooperbench/core';
import { interpretEvent } from './events.ts';
import type { CliOptions } from './options.ts';
import { getText, listPlaceholdersIn, type TemplateValues } from './template.ts';

/**
 * Creates a command-line coding agent that the configuration, or a preset, describes. `name` is that of the agent. @throws
 * ConfigError `AGENT_CLI_OPTIONS` when the options do not pass the task to it, or let it wait for input forever.
 */
export function createConfiguredCli(
  options: CliOptions,
  env: Environment = process.env,
  name = 'cli',
): Agent {
  checkOptions(options);
  const { command, resume = [], env: variables = {}, input = '' } = options;
  const takesConfig = listPlaceholdersIn([command, resume, variables, input]).has('config');
  const agent = frameworkAgent(
    {
      name,
      protocols: apis[options.api],
      speaks: `the API "${options.api}"`,
      hint: 'Use a model of a provider with this API.',
      ...(takesConfig && { checkConfig: readConfig }),
      work: (task, context, sandbox) => work(task, context, sandbox, options),
    },
    options,
    env,
  );
  return {
    ...agent,
    async preflight(access) {
      if (takesConfig && access.configFile === undefined)
        throw new ConfigError(
          'AGENT_CONFIG',
          'The options of cli use {config}, but there is no agent configuration.',
          {
            hint: 'Name the file with --agent-config.',
          },
        );
      return (await agent.preflight?.(access)) ?? [];
    },
  };
}

const readConfig = (path: string): Promise<string> =>
  readAgentConfig(path, (text) => text, 'Name a file that the CLI reads.');

/** Copies the file of `--agent-config` into the sandbox. Resolves with its path there. */
async function copyConfig({ configFile, workspace, signal }: AgentContext): Promise<string> {
  if (configFile === undefined) return '';
  const folder = (await mustRun(workspace, ['mktemp', '-d'], { cwd: '/', signal })).toString().trim();
  const path = `${folder}/${basename(configFile)}`;
  await workspace.writeFile(path, await readConfig(configFile), { signal });
  return path;
}

function checkOptions({ command, env, input, message, events = [] }: CliOptions): void {
  const usedPlaceholders = listPlaceholdersIn([command, env ?? {}, input ?? '']);
  const refuse = (problem: string, hint: string): never => {
    throw new ConfigError('AGENT_CLI_OPTIONS', `The options of the agent cli are not valid: ${problem}`, {
      hint,
    });
  };
  if (
    !usedPlaceholders.has('prompt') &&
    !(usedPlaceholders.has('task') && usedPlaceholders.has('instructions'))
  )
    refuse(
      '"command", "env" and "input" pass neither {prompt} nor both {task} and {instructions}.',
      'Put {prompt} where the CLI takes its task.',
    );
  if (message !== undefined && !listPlaceholdersIn([message]).has('text'))
    refuse('"message" does not contain {text}.', 'Put {text} where the line has the text of the message.');
  if (message !== undefined && !events.some(({ finished }) => finished))
    refuse(
      '"message" keeps standard input open, and no rule of "events" has "finished".',
      'Add a rule for the event that ends a turn, with finished: true.',
    );
}

async function work(
  task: string,
  context: AgentContext,
  sandbox: SandboxWork,
  options: CliOptions,
): Promise<void> {
  const { record, inbox } = context;
  const instructions = seatInstructions(context);
  record({ type: 'message', message: message('system', instructions) });
  record({ type: 'message', message: message('user', task) });
  const { model } = sandbox.plan;
  const access = { model: model.name, model_url: sandbox.modelUrl, token: sandbox.gateway.token };
  const config = await copyConfig(context);
  const buildValues = (task: string, text: string): TemplateValues => ({
    ...{ task, instructions, prompt: `${instructions}\n\n${task}`, text, config, ...access },
  });
  await runOnce(buildValues(task, ''), context, sandbox, options);
  // A CLI that takes no messages while it works gets them when it has ended.
  while (options.message === undefined) {
    const notes = (await inbox?.take()) ?? [];
    if (notes.length === 0) break;
    const text = notes.map((note) => note.text).join('\n\n');
    record({ type: 'message', message: message('user', text) });
    const next = options.resume ? { ...options, command: options.resume, input: undefined } : options;
    await runOnce(buildValues(`${task}\n\n${text}`, text), context, sandbox, next);
  }
}

/** Runs the CLI until it ends. @throws the error of `failedWork` when it failed. */
async function runOnce(
  values: TemplateValues,
  context: AgentContext,
  { start }: SandboxWork,
  { command, env = {}, input, message: messageTemplate, events }: CliOptions,
): Promise<void> {
  const { record } = context;
  const variables = Object.entries(env).map(([name, value]) => [name, getText(value, values)]);
  const program = await start(
    command.map((argument) => getText(argument, values)),
    { env: Object.fromEntries(variables) },
  );
  const show = async (text: string): Promise<boolean> => {
    await program.send(getText(messageTemplate, { ...values, text }));
    return true;
  };
  if (input !== undefined) await program.send(getText(input, values));
  using push = messageTemplate === undefined ? undefined : pushNotes(context, program, show);
  if (push === undefined) await program.endInput();
  let failure: string | undefined;
  if (events === undefined) for await (const text of program.lines) record({ type: 'log', text });
  else
    await program.readEvents(context, async (event) => {
      for (const { message, failed: reason, finished } of interpretEvent(events, event)) {
        if (message) record({ type: 'message', message });
        failure ??= reason;
        if (finished && !(failure === undefined && (await push?.settle()))) await program.endInput();
      }
    });
  await program.waitForEnd(failure);
}
