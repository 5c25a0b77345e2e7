import { writeProgram } from '../fake-program.test.support.ts';

/** Codex as far as the adapter knows it: its app-server, OpenAI's responses, and one tool, `exec_command`. */
const program = `
const { execFile } = require('node:child_process');
const settings = Object.fromEntries(process.argv.flatMap((arg, at) => {
  if (process.argv[at - 1] !== '-c') return [];
  const [key, value] = arg.split(/=(.*)/s);
  return [[key, JSON.parse(value)]];
}));
const provider = (key) => settings['model_providers.cooperbench.' + key];
const input = [], arrived = [];
let turn, turns = 0, calls = 0;
const say = (message) => console.log(JSON.stringify(message));
const notify = (method, params) => say({ method, params });
async function ask(attempt = 0) {
  const response = await fetch(provider('base_url') + '/responses', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + process.env[provider('env_key')] },
    body: JSON.stringify({ model: settings.model, input }),
  });
  if (response.status >= 500 && attempt < provider('request_max_retries')) return ask(attempt + 1);
  if (!response.ok) throw new Error('unexpected status ' + response.status);
  return (await response.json()).output;
}
const run = (command) => new Promise((resolve) => {
  execFile('sh', ['-c', command], (error, out, err) => resolve([out + err, error ? error.code : 0]));
});
async function work() {
  for (;;) {
    for (const text of arrived.splice(0)) input.push({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
    const output = await ask();
    input.push(...output);
    for (const item of output) {
      if (item.type === 'message') {
        const said = { type: 'agentMessage', id: item.id, text: item.content[0].text };
        notify('item/started', { item: said });
        notify('item/completed', { item: said });
        continue;
      }
      const item_ = { type: 'commandExecution', id: item.call_id, command: JSON.parse(item.arguments).cmd, cwd: process.cwd() };
      notify('item/started', { item: { ...item_, status: 'inProgress' } });
      const [aggregatedOutput, exitCode] = await run(item_.command);
      const status = exitCode === 0 ? 'completed' : 'failed';
      notify('item/completed', { item: { ...item_, status, aggregatedOutput, exitCode } });
      input.push({ type: 'function_call_output', call_id: item.call_id, output: aggregatedOutput });
    }
    if (output.every(({ type }) => type === 'message') && arrived.length === 0) return;
  }
}
function startTurn() {
  turn = { id: 'turn_' + ++turns, status: 'inProgress', error: null };
  work().then(() => (turn.status = 'completed'), ({ message }) => {
    Object.assign(turn, { status: 'failed', error: { message } });
  }).then(() => {
    const ended = turn;
    turn = undefined;
    notify('turn/completed', { turn: ended });
  });
}
const methods = {
  initialize: () => ({ userAgent: 'fake' }),
  'thread/start'({ developerInstructions: text }) {
    input.push({ type: 'message', role: 'developer', content: [{ type: 'input_text', text }] });
    return { thread: { id: 'thread' } };
  },
  'turn/start'({ input: [{ text }] }) {
    arrived.push(text);
    if (turn === undefined) startTurn();
    return { turn };
  },
};
if (process.argv[2] === '--version') process.stdout.write('codex-cli 0.0.0\\n');
else require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id !== undefined && method !== undefined) say({ id, result: methods[method](params) });
  })
  .on('close', () => process.exit());
`;

/** Returns the path of an executable. `extra` is a statement that runs first. */
export const fakeCodex = (folder: string, name: string = 'codex', extra: string = ''): string =>
  writeProgram(folder, name, `${extra}${program}`);
