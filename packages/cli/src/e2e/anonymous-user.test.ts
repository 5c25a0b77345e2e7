import { expect, test } from 'vitest';
import { cooperbench, createScratch } from './cli.test.support.ts';

/** Node then answers as it does to a user without an entry in /etc/passwd, as in `docker run --user 12345`. */
const withoutEntry = (...names: readonly string[]): Record<string, string> => {
  const code = `import os from 'node:os';
    import { syncBuiltinESMExports } from 'node:module';
    for (const name of ${JSON.stringify(names)}) os[name] = () => { throw new Error('no entry: ' + name); };
    syncBuiltinESMExports();`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
};

test('a user without an entry in passwd runs commands', async () => {
  const ending = await cooperbench(createScratch(), ['list', 'agents'], { env: withoutEntry('userInfo') });
  expect(ending).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('oracle') });
});

test('one who has no home directory either is told to name one', async () => {
  const ending = await cooperbench(createScratch(), ['list', 'agents'], {
    env: withoutEntry('userInfo', 'homedir'),
  });
  expect(ending).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^Error: This user \(ID \d+\) has no home directory: .*Set HOME to/),
  });
});
