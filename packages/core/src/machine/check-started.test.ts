import { spawn, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { checkStarted } from './check-started.ts';

const file = new URL('check-started.ts', import.meta.url).href;

/** Opens files up to the limit, starts a program, and prints the error. An error that nobody handles ends it with another code. */
const script = `
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
const { checkStarted } = await import('${file}');
try { for (;;) openSync('/dev/null'); } catch {}
let said;
try { checkStarted(spawn('true')); } catch (error) { said = error; }
setTimeout(() => { process._rawDebug(said.code + ' ' + said.message); process.exit(3); }, 50);
`;

test.skipIf(process.platform === 'win32')(
  'a program that cannot start for want of files is an error at once',
  () => {
    const node = [process.execPath, '--input-type=module', '-e', script];
    const { status, stderr } = spawnSync('sh', ['-c', 'ulimit -n 64 && exec "$0" "$@"', ...node], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: 'EMFILE EMFILE: too many open files, spawn true\n',
    });
  },
);

test('a program that is missing has its streams, and says so in its event', async () => {
  const child = checkStarted(spawn('/does/not/exist'));
  const error = await new Promise((resolve) => child.once('error', resolve));
  expect(error).toMatchObject({ code: 'ENOENT' });
});
