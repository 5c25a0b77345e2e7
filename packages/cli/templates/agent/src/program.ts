/**
 * A small coding agent, in place of the one that you wrap. It reads tasks and messages as lines of JSON, asks its model by chat
 * completions, runs the commands that its model calls, and prints what happens as lines of JSON.
 */
export const program: string = `
const { execFile } = require('node:child_process');
const { OPENAI_BASE_URL: url, OPENAI_API_KEY: key } = process.env;
const [model, instructions] = process.argv.slice(1);
const messages = [{ role: 'system', content: instructions }], arrived = [];
const print = (event) => console.log(JSON.stringify(event));
const parameters = { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] };
const tools = [{ type: 'function', function: { name: 'bash', description: 'Runs a command.', parameters } }];

async function ask(attempt = 0) {
  const response = await fetch(url + '/chat/completions', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + key, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages, tools }),
  });
  if ((response.status === 429 || response.status >= 500) && attempt < 2) return ask(attempt + 1);
  if (!response.ok) throw new Error('the model answered ' + response.status);
  return (await response.json()).choices[0].message;
}

async function work() {
  for (;;) {
    for (const text of arrived.splice(0)) messages.push({ role: 'user', content: text });
    const { content, tool_calls: calls = [] } = await ask();
    messages.push({ role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) });
    if (content) print({ type: 'said', text: content });
    for (const { id, function: { arguments: given } } of calls) {
      const { command } = JSON.parse(given);
      print({ type: 'ran', id, command });
      const output = await new Promise((resolve) =>
        execFile('sh', ['-c', command], (_, out, err) => resolve(out + err)));
      print({ type: 'printed', id, output });
      messages.push({ role: 'tool', tool_call_id: id, content: output });
    }
    if (calls.length === 0 && arrived.length === 0) return print({ type: 'finished' });
  }
}

let working = Promise.resolve();
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  arrived.push(JSON.parse(line).text);
  working = working.then(() => arrived.length > 0 && work()).catch(({ message }) => {
    console.error(message);
    process.exit(1);
  });
});
`;
