import { writeProgram } from '../fake-program.test.support.ts';

/** Asks chat completions as LiteLLM does. A temporary failure is repeated twice. */
const ask = `
const { execFileSync, spawnSync } = require('node:child_process');
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const { parseArgs } = require('node:util');
const { OPENAI_API_BASE: url, OPENAI_API_KEY: key } = process.env;
async function ask(model, messages, attempt = 0) {
  const response = await fetch(url + '/chat/completions', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + key },
    body: JSON.stringify({ model: model.replace('openai/', ''), messages }),
  });
  if ((response.status === 429 || response.status >= 500) && attempt < 2) return ask(model, messages, attempt + 1);
  if (!response.ok) throw new Error('litellm: the model answered ' + response.status);
  return (await response.json()).choices[0].message;
}
`;

/**
 * Behaves as Aider 0.86.2 does: an answer that names a file of the repository adds the file to the chat and asks again. Otherwise
 * the answer's blocks of bash run, each after a question on standard input, and Aider ends. It ends well whatever its model says.
 */
const aider = `${ask}
const { values } = parseArgs({ allowPositionals: true, strict: false, options: {
  model: { type: 'string' }, message: { type: 'string' }, 'reasoning-effort': { type: 'string' },
} });
const history = '.aider.chat.history.md';
const answers = require('node:readline').createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const confirm = async (question) => (console.log(question), (await answers.next()).value === 'y');
(async () => {
  const old = values['restore-chat-history'] && existsSync(history) ? readFileSync(history, 'utf8') : '';
  const messages = [...(old ? [{ role: 'user', content: old }] : []), { role: 'user', content: values.message }];
  const files = execFileSync('git', ['ls-files']).toString().split('\\n').filter(Boolean);
  appendFileSync(history, values.message + '\\n');
  const chat = new Set();
  for (;;) {
    const answer = await ask(values.model, messages);
    messages.push(answer);
    appendFileSync(history, answer.content + '\\n');
    console.log(answer.content);
    const named = files.find((file) => answer.content.includes(file) && !chat.has(file));
    if (named && await confirm('Add file to the chat?')) {
      chat.add(named);
      messages.push({ role: 'user', content: 'I added ' + named });
      continue;
    }
    for (const [, command] of answer.content.matchAll(/\`\`\`bash\\n([^]*?)\\n\`\`\`/g))
      if (await confirm('Run shell command?')) spawnSync(command, { shell: true, stdio: 'ignore' });
    return;
  }
})().catch(({ message }) => console.log(message)).finally(() => process.exit(0));
`;

/** Behaves as mini-SWE-agent 2.4.6 does: it runs what its model calls until a command submits, and fails with its model. */
const mini = `${ask}
const { values } = parseArgs({ strict: false, options: {
  model: { type: 'string' }, task: { type: 'string' }, config: { type: 'string', multiple: true },
} });
const tell = (output) => output.startsWith('COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT');
(async () => {
  const messages = [{ role: 'system', content: 'You are mini.' }, { role: 'user', content: values.task }];
  for (;;) {
    const answer = await ask(values.model, messages);
    messages.push(answer);
    for (const { id, function: call } of answer.tool_calls ?? []) {
      const { stdout } = spawnSync(JSON.parse(call.arguments).command, { shell: true, encoding: 'utf8' });
      messages.push({ role: 'tool', tool_call_id: id, content: stdout });
      if (tell(stdout)) return;
    }
  }
})().catch((error) => { console.error(error.message); process.exitCode = 1; });
`;

export const fakeAider = (folder: string): string => writeProgram(folder, 'aider', aider);
export const fakeMini = (folder: string): string => writeProgram(folder, 'mini', mini);
