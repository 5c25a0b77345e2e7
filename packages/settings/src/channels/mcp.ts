import {
  type AllChannels,
  type Channel,
  type ChannelDefinition,
  getMessage,
  objectSchema,
  type SeatCall,
  type SeatCommand,
  type SeatStream,
} from '@cooperbench/core';
import { McpError, type McpTool, serveMcp, type ToolResult } from './mcp-server.ts';

const command = 'cooperbench_mcp';

const waitTool = 'wait_for_message';
const defaultWaitSeconds = 30;
const maxWaitSeconds = 600;

/** An MCP server in every sandbox. Its tools are the commands of all open channels. */
const mcpChannelOf: Channel = {
  commands: [{ name: command, usage: command, isMcpServer: true }],
  open: async ({ channels }) => ({
    instructions: () =>
      `Tools of the MCP server \`${command}\`, if you have them, are the same as the shell commands above.`,
    async run(call) {
      const stream = await call.stream();
      await serve(call, stream, channels);
      return {};
    },
    async [Symbol.asyncDispose]() {},
  }),
};

async function serve(call: SeatCall, stream: SeatStream, channels: AllChannels): Promise<void> {
  const writer = stream.writable.getWriter();
  const visibleCommands = channels.commands().filter(({ hidden, isMcpServer }) => !hidden && !isMcpServer);
  const inbox = await channels.inbox(call.seat);
  const hasWait = inbox !== undefined && !visibleCommands.some(({ name }) => name === waitTool);
  try {
    await serveMcp(stream.readable, (line) => writer.write(Buffer.from(line)), {
      name: 'cooperbench',
      tools: [...visibleCommands.map(buildTool), ...(hasWait ? [waitToolOf] : [])],
      signal: call.signal,
      async call(name, params, signal) {
        if (hasWait && name === waitTool) {
          const waitMs = getSeconds(params) * 1000;
          const notes = await inbox.take({ waitMs, signal });
          return {
            text: notes.map(({ text }) => text).join('\n\n') || `No message within ${waitMs / 1000} s.`,
            settled: (isShown) => isShown || inbox.giveBack(notes),
          };
        }
        const { args, stdin } = buildArguments(params);
        return runCommand(channels, { seat: call.seat, command: name, args, signal }, stdin);
      },
    });
  } finally {
    // The host of the tools may have closed it.
    await writer.close().catch(() => {});
  }
}

async function runCommand(
  channels: AllChannels,
  call: Pick<SeatCall, 'seat' | 'command' | 'args' | 'signal'>,
  stdin: string,
): Promise<ToolResult> {
  try {
    const {
      exitCode = 0,
      stdout = '',
      stderr = '',
      settled,
    } = await channels.run({
      ...call,
      stdin: async () => Buffer.from(stdin),
      stream: () => Promise.reject(new Error('it streams, so it works only in a shell')),
    });
    const text = `${stdout}${stderr}`.trim() || 'Done.';
    return { text, isError: exitCode !== 0, settled };
  } catch (error) {
    if (call.signal.aborted) throw error;
    return { text: `${call.command}: ${getMessage(error)}`, isError: true };
  }
}

function buildTool({ name, usage }: SeatCommand): McpTool {
  return {
    name,
    description: `Runs the command \`${name}\` that you share with the other agents. Usage: ${usage}`,
    inputSchema: objectSchema({
      args: { type: 'array', items: { type: 'string' }, description: `Its arguments. Usage: ${usage}` },
      stdin: { type: 'string', description: 'Its standard input. Default: empty.' },
    }),
  };
}

const waitToolOf: McpTool = {
  name: waitTool,
  description: 'Waits for a message from the other agents, and returns what has arrived.',
  inputSchema: objectSchema({
    seconds: {
      ...{ type: 'number', minimum: 0, maximum: maxWaitSeconds, default: defaultWaitSeconds },
      description: 'How long to wait.',
    },
  }),
};

/** @throws McpError when a tool call has other arguments. */
function buildArguments({ args = [], stdin = '' }: Readonly<Record<string, unknown>>): {
  readonly args: readonly string[];
  readonly stdin: string;
} {
  const isList = Array.isArray(args) && args.every((arg) => typeof arg === 'string');
  if (!isList || typeof stdin !== 'string')
    throw new McpError('invalidParams', 'args must be a list of strings, and stdin a string');
  return { args, stdin };
}

function getSeconds({ seconds = defaultWaitSeconds }: Readonly<Record<string, unknown>>): number {
  if (typeof seconds !== 'number' || !(seconds >= 0))
    throw new McpError('invalidParams', 'seconds must be a number of at least 0');
  return Math.min(seconds, maxWaitSeconds);
}

export const mcpChannel: ChannelDefinition = {
  options: objectSchema({}),
  create: () => mcpChannelOf,
};
