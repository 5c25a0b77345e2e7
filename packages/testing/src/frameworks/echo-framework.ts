import { frameworkAgent, message, pushNotes, seatInstructions } from '@cooperbench/agent-kit';
import type { Environment } from '@cooperbench/agent-kit/providers';
import type { Agent, Backend, Plugin } from '@cooperbench/core';
import type { PairMember } from './framework-pair.ts';

/** A framework of a few lines: asks its model, runs what it calls, shows what arrives on standard input, and says `done`. */
const program = `
const { execFile } = require('child_process');
const { MODEL_URL, MODEL_TOKEN } = process.env;
const messages = [{ role: 'system', content: process.argv[1] }], arrived = [];
let wake = () => {};
let ended = false;
require('readline').createInterface({ input: process.stdin })
  .on('line', (line) => { arrived.push(JSON.parse(line)); wake(); })
  .on('close', () => { ended = true; wake(); });
const say = (event) => console.log(JSON.stringify(event));
const isTemporary = ({ status }) => status === 429 || status >= 500;
async function ask(attempt = 1) {
  const response = await fetch(MODEL_URL + '/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + MODEL_TOKEN },
    body: JSON.stringify({ messages }),
  });
  if (isTemporary(response) && attempt < 3) return ask(attempt + 1);
  if (!response.ok) throw new Error('the model answered ' + response.status);
  return (await response.json()).choices[0].message;
}
async function turn() {
  for (;;) {
    for (const text of arrived.splice(0)) messages.push({ role: 'user', content: text });
    const answer = await ask();
    messages.push(answer);
    say({ type: 'answer', text: answer.content });
    if (answer.content === 'crash') process.exit(3);
    if (!answer.tool_calls) return;
    for (const { id, function: call } of answer.tool_calls) {
      const { command } = JSON.parse(call.arguments);
      const output = await new Promise((resolve) =>
        execFile('sh', ['-c', command], (error, out, err) => resolve(out + err)));
      messages.push({ role: 'tool', tool_call_id: id, content: output });
    }
  }
}
(async () => {
  while (!ended || arrived.length) {
    if (!arrived.length) { await new Promise((resolve) => (wake = resolve)); continue; }
    await turn();
    say({ type: 'done' });
  }
})().catch((error) => { console.error(error.message); process.exit(1); });
`;

/** Returns an adapter as short as one can be. */
export function echoAgent(env: Environment): Agent {
  return frameworkAgent(
    {
      name: 'echo',
      protocols: ['openai', 'openai-compatible'],
      speaks: "OpenAI's chat completions",
      hint: 'Use a model of OpenAI.',
      async work(task, context, { start, modelUrl, gateway }) {
        const framework = await start(['node', '-e', program, seatInstructions(context)], {
          env: { MODEL_URL: modelUrl, MODEL_TOKEN: gateway.token },
        });
        const inject = async (text: string): Promise<boolean> => {
          await framework.send(JSON.stringify(text));
          return true;
        };
        using push = pushNotes(context, framework, inject);
        await inject(task);
        await framework.readEvents<EchoEvent>(context, async ({ type, text = '' }) => {
          if (type === 'done' && !(await push.settle())) await framework.endInput();
          if (type === 'answer') context.record({ type: 'message', message: message('assistant', text) });
        });
        await framework.waitForEnd();
      },
    },
    {},
    env,
  );
}

/** A seat of a pair that `echoOn` runs. */
export const echoMember: PairMember = {
  agent: 'echo',
  model: 'gpt-4o',
  shell: (command) => ({ toolCalls: [{ name: 'bash', arguments: { command } }] }),
};

/** Returns a plugin with the framework, and with a backend of the test's own. */
export function echoOn(name: string, open: () => Backend): Plugin {
  return {
    name: 'echo',
    version: '0.0.0',
    apiVersion: 1,
    agents: { echo: { create: () => echoAgent(process.env) } },
    backends: { [name]: { create: open } },
  };
}

interface EchoEvent {
  readonly type: string;
  readonly text?: string;
}
