import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { bin, createScratch, type Scratch } from './cli.test.support.ts';
import { readJson } from './run-files.test.support.ts';

/** Runs the command at a terminal, types this once it asks, and resolves with what the terminal shows. */
const typing = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown, typed = b'', False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if b'[y/N] ' in shown and not typed:
        typed = True
        os.write(terminal, sys.argv[1].encode())
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

async function atTerminal(scratch: Scratch, keys: string, args: readonly string[], env = {}) {
  const argv = ['-c', typing, keys, process.execPath, bin, ...args];
  const child = spawn('python3', argv, {
    cwd: join(scratch.root, 'repository'),
    env: { PATH: process.env.PATH, HOME: join(scratch.root, 'home'), TMPDIR: scratch.tmp, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const code = new Promise((resolve) => child.once('close', resolve));
  return { shown: (await text(child.stdout)).replaceAll('\r\n', '\n'), code: await code };
}

function repository(): Scratch {
  const scratch = createScratch();
  mkdirSync(join(scratch.root, 'repository'));
  const write = (name: string, content: string): void =>
    writeFileSync(join(scratch.root, 'repository', name), content);
  write('cooperbench.config.mjs', `import './ran.mjs';\nexport default { plugins: ['./plugin.mjs'] };\n`);
  write(
    'ran.mjs',
    `import { writeFileSync } from 'node:fs';\nwriteFileSync(new URL('ran', import.meta.url), '');\n`,
  );
  write('plugin.mjs', `export default () => ({ name: 'mine', apiVersion: 1 });\n`);
  return scratch;
}

const doctor = ['doctor', '--agent', 'oracle'];
const hasRun = (scratch: Scratch): boolean => existsSync(join(scratch.root, 'repository/ran'));

test('at a terminal, a yes is asked for once, for the folder, and remembered', async () => {
  const scratch = repository();
  const folder = join(scratch.root, 'repository');
  const asked = await atTerminal(scratch, 'y\n', doctor);
  expect(asked.code).toBe(0);
  expect(asked.shown).toContain(`${folder} has code that runs with your rights: cooperbench.config.mjs.\n`);
  expect(asked.shown).toContain('Do you trust this folder, now and when its files change? [y/N] ');
  expect(asked.shown.split('Do you trust')).toHaveLength(2);
  expect(hasRun(scratch)).toBe(true);
  const list = join(scratch.root, 'home/.local/share/cooperbench');
  expect(readJson(list, 'trusted-folders.json')).toEqual({ folders: [folder] });
  const again = await atTerminal(scratch, 'n\n', doctor);
  expect(again).toMatchObject({ code: 0, shown: expect.not.stringContaining('trust') });
});

test.for([
  ['a no', 'n\n', 2],
  ['an empty line', '\n', 2],
  ['the end of the input', '\u0004', 2],
  ['Ctrl-C', '\u0003', 130],
] as const)('%s runs nothing, and is not remembered', async ([, keys, code]) => {
  const scratch = repository();
  expect((await atTerminal(scratch, keys, doctor)).code).toBe(code);
  expect([hasRun(scratch), existsSync(join(scratch.root, 'home'))]).toEqual([false, false]);
});

test('a command that reads does not ask', async () => {
  const scratch = repository();
  const { code, shown } = await atTerminal(scratch, 'y\n', ['list', 'agents']);
  expect({ code, shown }).toMatchObject({ code: 0, shown: expect.not.stringContaining('[y/N]') });
  expect(hasRun(scratch)).toBe(false);
});

test('an answer that cannot be remembered holds for the command', async () => {
  const scratch = repository();
  writeFileSync(join(scratch.root, 'home'), '');
  const { code, shown } = await atTerminal(scratch, 'y\n', doctor, {
    XDG_DATA_HOME: join(scratch.root, 'home'),
  });
  expect(shown).toContain('Warning: The answer is not remembered: ');
  expect({ code, ran: hasRun(scratch) }).toEqual({ code: 0, ran: true });
});

test('names of files cannot forge the question', async () => {
  const scratch = repository();
  rmSync(join(scratch.root, 'repository/cooperbench.config.mjs'));
  const name = './\u001b[2K\nAll is well.mjs';
  writeFileSync(
    join(scratch.root, 'repository/cooperbench.config.json'),
    JSON.stringify({ plugins: [name] }),
  );
  const { shown } = await atTerminal(scratch, 'n\n', doctor);
  expect(shown).toContain('plugin ./\\nAll is well.mjs');
});
