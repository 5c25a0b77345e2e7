import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dockerfileSteps } from './dockerfile-steps.ts';

const folder = mkdtempSync(join(tmpdir(), 'dockerfile-'));
afterAll(() => rmSync(folder, { recursive: true }));
const taskDir = join(folder, 'task');
mkdirSync(join(taskDir, 'repo/src'), { recursive: true });
writeFileSync(join(taskDir, 'repo/src/a.txt'), 'a\n');
writeFileSync(join(taskDir, 'run.sh'), '#!/bin/sh\n');
chmodSync(join(taskDir, 'run.sh'), 0o755);

test('a task without a Dockerfile has no steps', async () => {
  expect(await dockerfileSteps(taskDir, 'base:1', 'Acme')).toBeUndefined();
});

test('COPY becomes commands that write the files with their modes', async () => {
  const out = join(folder, 'out');
  writeFileSync(
    join(taskDir, 'Dockerfile'),
    `# comment\nARG BASE\nFROM $BASE AS x\nCOPY repo run.sh ${out}/\nRUN one \\\n two\nCMD ["x"]\n`,
  );
  const { base, commands } = (await dockerfileSteps(taskDir, 'base:1', 'Acme')) ?? { commands: [] };
  expect(base).toBe('base:1');
  expect(commands.at(-1)).toBe('RUN one  two');
  // A bare machine has no gunzip; images do.
  writeFileSync(
    join(folder, 'gunzip'),
    `#!/bin/sh\nexec node -e 'process.stdin.pipe(require("node:zlib").createGunzip()).pipe(process.stdout)'\n`,
    { mode: 0o755 },
  );
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  for (const command of commands.slice(0, -1))
    execFileSync('sh', ['-c', command.replace(/^RUN /, '')], { env });
  expect(readFileSync(join(out, 'src/a.txt'), 'utf8')).toBe('a\n');
  expect(statSync(join(out, 'run.sh')).mode & 0o777).toBe(0o755);
});

test('what cannot be sent is refused with the name of the builder', async () => {
  writeFileSync(join(taskDir, 'Dockerfile'), 'FROM a\nCOPY ../other /x\n');
  await expect(dockerfileSteps(taskDir, 'base:1', 'Acme')).rejects.toMatchObject({
    code: 'SANDBOX_DOCKERFILE',
    message: `${join(taskDir, 'Dockerfile')} cannot be built on Acme: COPY names ../other, which is not a source of the task.`,
  });
});

test('a plain builder gets no instruction that it does not know', async () => {
  const known = 'ENV A=1\nRUN true\nSHELL ["/bin/sh", "-c"]\n';
  const lossMessage = 'LABEL a=b\nVOLUME /data\nSTOPSIGNAL SIGTERM\nMAINTAINER me\n';
  const write = (text: string): void => writeFileSync(join(taskDir, 'Dockerfile'), `FROM a\n${text}`);
  write(`${known}${lossMessage}USER me\n`);
  const keptNames = ['ENV A=1', 'RUN true', 'SHELL ["/bin/sh", "-c"]'];
  expect((await dockerfileSteps(taskDir, 'b', 'Acme', { plain: true }))?.commands).toEqual(keptNames);
  expect((await dockerfileSteps(taskDir, 'b', 'Acme'))?.commands).toEqual([...keptNames, 'USER me']);
  for (const [text, reason] of [
    ['ONBUILD RUN true\n', 'it has ONBUILD'],
    ['RUN --mount=type=cache,target=/x true\n', 'it has RUN with --mount=type=cache,target=/x'],
  ] as const) {
    write(text);
    await expect(dockerfileSteps(taskDir, 'b', 'Acme', { plain: true })).rejects.toMatchObject({
      message: `${join(taskDir, 'Dockerfile')} cannot be built on Acme: ${reason}.`,
    });
  }
});
