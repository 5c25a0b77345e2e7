import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { bubblewrapTest } from './sample-task.test.support.ts';

const backend = new URL('local-backend.ts', import.meta.url).href;

/** Uses up the limit of open files before the backend looks whether bubblewrap works, and says how that ends. */
const script = `
import { closeSync, openSync } from 'node:fs';
const { LocalBackend } = await import('${backend}');
const { getMessage } = await import('@cooperbench/core');
const open = [];
try { for (;;) open.push(openSync('/dev/null')); } catch {}
const local = new LocalBackend();
const said = await local.preflight({ untrusted: false }).catch(getMessage);
for (const fd of open) closeSync(fd);
// The next attempt looks again.
console.log(JSON.stringify([said, await local.preflight({ untrusted: false })]));
`;

bubblewrapTest(
  'with the limit of open files reached, isolation is neither given up nor a crash',
  async () => {
    const node = [process.execPath, '--input-type=module', '-e', script];
    const { status, stdout, stderr } = spawnSync('sh', ['-c', 'ulimit -n 64 && exec "$0" "$@"', ...node], {
      ...{ encoding: 'utf8', cwd: import.meta.dirname, env: { ...process.env, PATH: '/usr/bin:/bin' } },
    });
    expect(status, stderr).toBe(0);
    const [output, again] = JSON.parse(stdout);
    expect(output).toContain(
      'This process has as many files open as its limit allows, which is 64 (EMFILE).',
    );
    expect(again).toEqual([]);
  },
);
