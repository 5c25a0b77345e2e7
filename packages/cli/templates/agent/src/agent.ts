import { frameworkAgent, message, pushNotes, seatInstructions } from '@cooperbench/agent-kit';
import type { Environment } from '@cooperbench/agent-kit/providers';
import type { Agent } from '@cooperbench/core';
import type { Options } from './options.ts';
import { program } from './program.ts';

type Event =
  | { readonly type: 'said'; readonly text: string }
  | { readonly type: 'ran'; readonly id: string; readonly command: string }
  | { readonly type: 'printed'; readonly id: string; readonly output: string }
  | { readonly type: 'finished' };

/**
 * Runs a command-line agent in the sandbox of its seat. Replace the command, variables, input and events with those of your agent. agent-kit counts steps, tokens and cost, keeps the limits and the key, and explains how the program ended.
 */
export function createAgent(options: Options = {}, env: Environment = process.env): Agent {
  return frameworkAgent(
    {
      name: '__name__',
      // The APIs that the program can call: see "Wrap a CLI in 30 minutes" in the guide.
      protocols: ['openai', 'openai-compatible'],
      speaks: "OpenAI's chat completions",
      hint: 'Use a model of OpenAI, or of a server with its API.',
      async work(task, context, { start, modelUrl, gateway, plan }) {
        const { record } = context;
        const instructions = seatInstructions(context);
        record({ type: 'message', message: message('system', instructions) });
        record({ type: 'message', message: message('user', task) });
        const running = await start(['node', '-e', program, plan.model.name, instructions], {
          // The token is worthless outside of this sandbox. The real key stays with CooperBench.
          env: { OPENAI_BASE_URL: `${modelUrl}/v1`, OPENAI_API_KEY: gateway.token },
        });
        const send = async (text: string): Promise<boolean> => {
          await running.send(JSON.stringify({ text }));
          return true;
        };
        // Shows messages of the other seats while the program works, and records them.
        using push = pushNotes(context, running, send);
        await send(task);
        await running.readEvents<Event>(context, async (event) => {
          if (event.type === 'said') record({ type: 'message', message: message('assistant', event.text) });
          if (event.type === 'ran') {
            const call = { id: event.id, name: 'bash', arguments: { command: event.command } };
            record({ type: 'message', message: message('assistant', '', { tool_calls: [call] }) });
          }
          if (event.type === 'printed')
            record({ type: 'message', message: message('tool', event.output, { tool_call_id: event.id }) });
          // Without a message that still waits, the program may end.
          if (event.type === 'finished' && !(await push.settle())) await running.endInput();
        });
        await running.waitForEnd();
      },
    },
    options,
    env,
  );
}
