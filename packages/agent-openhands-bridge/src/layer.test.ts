import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openHandsLayer } from './layer.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Returns a folder in place of `/`, in which the layer's scripts run. */
function image() {
  const root = mkdtempSync(join(tmpdir(), 'openhands-layer-'));
  folders.push(root);
  const program = (path: string, script: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };
  const within = (script: string): string =>
    script.replaceAll(/(?<![\w/])\/(opt|agent-server|usr\/local)\b/g, `${root}/$1`);
  return {
    root,
    program,
    install(options: Parameters<typeof openHandsLayer>[0] = {}): string {
      execFileSync('sh', ['-ec', within(openHandsLayer(options).install)], {
        env: { PATH: `${root}/tools:/usr/bin:/bin`, LOG: join(root, 'log') },
        stdio: ['ignore', 'inherit', 'ignore'],
      });
      return readlinkSync(join(root, 'usr/local/bin/agent-server')).slice(root.length);
    },
    log: () => (existsSync(join(root, 'log')) ? readFileSync(join(root, 'log'), 'utf8') : ''),
  };
}

const uv = `echo "$UV_DEFAULT_INDEX $*" >> "$LOG"
case $1 in venv) mkdir -p venv/bin; printf '#!/bin/sh\\n' > venv/bin/python; chmod 755 venv/bin/python ;; esac`;

test('the server of an image with the suffix -oh is used when it has the version', () => {
  const { program, install, log } = image();
  program('opt/agent-server-venv/bin/python', 'echo 1.58.0');
  program('opt/agent-server-venv/bin/agent-server', '');
  program('tools/uv', uv);
  expect(install()).toBe('/opt/agent-server-venv/bin/agent-server');
  expect(log()).toBe('');
});

test('with another version there, uv installs the server beside it, from the registry of the user', () => {
  const { program, install, log } = image();
  program('opt/agent-server-venv/bin/python', 'echo 1.7.0');
  program('opt/agent-server-venv/bin/agent-server', '');
  program('tools/uv', uv);
  expect(install({ version: '1.58.1', registry: 'https://pypi.example/simple/' })).toBe(
    '/opt/openhands/venv/bin/agent-server',
  );
  expect(log()).toBe(
    [
      'https://pypi.example/simple venv --quiet --python 3.13 venv',
      'https://pypi.example/simple pip install --quiet --python venv/bin/python openhands-agent-server==1.58.1 openhands-sdk==1.58.1 openhands-tools==1.58.1',
      '',
    ].join('\n'),
  );
});

test('a command of the user is checked and not installed', () => {
  const { key, install, check } = openHandsLayer({ command: '/opt/mine/agent-server' });
  expect({ key, install }).toEqual({ key: 'openhands as /opt/mine/agent-server', install: ':' });
  const { status, stderr } = spawnSync('sh', ['-c', check], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'it has no command /opt/mine/agent-server\n',
  });
});
