import { writeProgram } from '../fake-program.test.support.ts';

/** Claude Code as far as the adapter knows it: JSON lines both ways, Anthropic's messages, and one tool, `Bash`. */
const program = `
const { execFile } = require('node:child_process');
const { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key, CLAUDE_CODE_MAX_RETRIES: retries } = process.env;
const after = (flag) => process.argv[process.argv.indexOf(flag) + 1];
const messages = [], arrived = [];
let wake = () => {}, ended = false;
require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => { arrived.push(JSON.parse(line).message); wake(); })
  .on('close', () => { ended = true; wake(); });
const say = (event) => console.log(JSON.stringify(event));
const isTemporary = ({ status }) => status === 429 || status >= 500;
async function ask(attempt = 0) {
  const response = await fetch(url + '/v1/messages', {
    method: 'POST',
    headers: { 'x-api-key': key },
    body: JSON.stringify({ model: after('--model'), system: after('--append-system-prompt'), messages }),
  });
  if (isTemporary(response) && attempt < Number(retries)) return ask(attempt + 1);
  if (!response.ok) throw new Error('API Error: ' + response.status);
  const { content } = await response.json();
  return { role: 'assistant', content };
}
const run = ({ id, input }) => new Promise((resolve) => {
  execFile('sh', ['-c', input.command], (error, out, err) => {
    resolve({ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: out + err }] });
  });
});
async function turn() {
  for (;;) {
    messages.push(...arrived.splice(0));
    const message = await ask();
    messages.push(message);
    for (const block of message.content) say({ type: 'assistant', message: { ...message, content: [block] } });
    const calls = message.content.filter(({ type }) => type === 'tool_use');
    if (calls.length === 0) return;
    const results = [];
    for (const call of calls) results.push(await run(call));
    messages.push({ role: 'user', content: results });
    say({ type: 'user', message: messages.at(-1) });
  }
}
(async () => {
  if (process.argv[2] === '--version') return process.stdout.write('0.0.0 (fake)\\n', () => process.exit());
  say({ type: 'system', subtype: 'init' });
  while (!ended || arrived.length > 0) {
    if (arrived.length === 0) { await new Promise((resolve) => (wake = resolve)); continue; }
    let failed;
    await turn().catch((error) => (failed = error.message));
    if (failed) say({ type: 'result', subtype: 'success', is_error: true, result: failed });
    else say({ type: 'result', subtype: 'success', is_error: false, result: 'done' });
    if (failed) process.exitCode = 1;
  }
})();
`;

/** Returns the path of an executable. `extra` is a statement that runs first. */
export const fakeClaude = (folder: string, name: string = 'claude', extra: string = ''): string =>
  writeProgram(folder, name, `${extra}${program}`);
