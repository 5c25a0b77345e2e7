import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from './sample-task.test.support.ts';
import { findTools } from './tools.ts';

afterEach(() => void vi.unstubAllEnvs());

function installed(prefix: string, name: string): string {
  const bin = join(prefix, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), '#!/bin/sh\n');
  chmodSync(join(bin, name), 0o755);
  return bin;
}

test('a tool outside /usr is shown with its installation, wherever a link to it is', async () => {
  const prefix = join(temporaryFolder(), 'tool-1.2');
  const bin = installed(prefix, 'some-tool');
  const links = temporaryFolder();
  symlinkSync(join(bin, 'some-tool'), join(links, 'some-tool'));
  vi.stubEnv('PATH', links);
  expect(await findTools(['some-tool'])).toEqual({ shown: [prefix], path: [bin], local: false });
});

test('a tool of the system needs nothing, and one that is absent is left out', async () => {
  expect(await findTools(['env', 'no-such-tool'])).toEqual({ shown: [], path: [], local: false });
});

test('where people keep other things only the executable is shown', async () => {
  const home = temporaryFolder();
  vi.stubEnv('HOME', home);
  expect(homedir()).toBe(home);
  const bins = [installed(home, 'tool-a'), installed(join(home, '.local'), 'tool-b')];
  vi.stubEnv('PATH', bins.join(':'));
  const { shown } = await findTools(['tool-a', 'tool-b']);
  expect(shown).toEqual([join(home, 'bin/tool-a'), join(home, '.local/bin/tool-b')]);
});

test('a version manager’s shim is asked where the interpreter is', async () => {
  const shims = temporaryFolder();
  writeFileSync(join(shims, 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  chmodSync(join(shims, 'node'), 0o755);
  vi.stubEnv('PATH', `${shims}:${process.env.PATH}`);
  const tools = await findTools(['node']);
  expect([...tools.path, ...tools.shown].some((path) => path.includes(shims))).toBe(false);
});

test('the version of a shim may be chosen by a variable, as with pyenv', async () => {
  const shims = temporaryFolder();
  const root = temporaryFolder();
  const bin = installed(join(root, 'versions/3.13.1'), 'python3.13');
  const answer = `printf '%s\\n' '${bin}/python3.13' '${root}/versions/3.13.1'`;
  writeFileSync(
    join(shims, 'python3'),
    `#!/bin/sh\n[ -n "$PYENV_ROOT" ] && [ "$PYENV_VERSION" = 3.13.1 ] && ${answer}\n`,
  );
  chmodSync(join(shims, 'python3'), 0o755);
  vi.stubEnv('PATH', `${shims}:${process.env.PATH}`);
  vi.stubEnv('PYENV_ROOT', root);
  vi.stubEnv('PYENV_VERSION', '3.13.1');
  const shownLines = [join(root, 'versions/3.13.1')];
  expect(await findTools(['python3'])).toEqual({
    shown: shownLines,
    path: [realpathSync(bin)],
    local: false,
  });
});

test('a virtual environment is shown with the Python that it was made from', async () => {
  const prefix = join(temporaryFolder(), 'python-3.13');
  const bin = installed(prefix, 'python3.13');
  writeFileSync(join(bin, 'python3.13'), `#!/bin/sh\nprintf '%s\\n' '${bin}/python3.13' '${prefix}'\n`);
  const venv = temporaryFolder();
  writeFileSync(join(venv, 'pyvenv.cfg'), '');
  mkdirSync(join(venv, 'bin'));
  symlinkSync(join(bin, 'python3.13'), join(venv, 'bin/python'));
  const { shown, path } = await findTools([join(venv, 'bin/python')]);
  expect({ shown, path }).toEqual({ shown: [prefix, venv], path: [realpathSync(bin)] });
});
