import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, type Sandbox, SandboxError } from '@cooperbench/core';
import { defaultTimeLimits } from '@cooperbench/core/host';
import { patchFacts } from '@cooperbench/records';
import { hostSandbox, slowness } from '@cooperbench/testing';
import { expect, onTestFinished, test } from 'vitest';
import { type CollectedPatch, collectPatch } from './collect-patch.ts';
import { PatchFile } from './patch-file.ts';
import { prepareRepository } from './prepare-repository.ts';

/** Returns what is collected after an agent ran `script` in its work tree, in a sandbox that `change` may replace. */
async function collected(
  script: string,
  change: (sandbox: Sandbox) => Partial<Sandbox> = () => ({}),
  limitMs: number = defaultTimeLimits.collect,
): Promise<{ patch: string | undefined; problem: string | undefined }> {
  await using sandbox = await hostSandbox({ 'a.txt': 'one\n', '.gitignore': '*.log\n' });
  const repository = await prepareRepository(sandbox);
  await mustRun(sandbox, ['sh', '-c', script]);
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-patch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const newPatch = (): PatchFile => new PatchFile(join(folder, randomUUID()));
  const changed = { ...sandbox, ...change(sandbox) };
  const { patch, problem }: CollectedPatch = await collectPatch(changed, repository, newPatch, limitMs);
  if (patch === undefined) return { patch, problem };
  await patch.moveTo(join(folder, 'patch'));
  const content = readFileSync(join(folder, 'patch'));
  expect(patch.facts).toEqual(patchFacts(content));
  return { patch: content.toString(), problem };
}

const change = 'echo two >> a.txt';
const hang = 'sleep 600';

test('collects what changed, what is new and what was added although git ignores it', async () => {
  const { patch } = await collected(
    `${change}; echo new > b.txt; echo x > x.log; echo y > y.log; git add -f y.log; echo z > patch.txt; echo c > c.txt; echo c.txt >> .git/info/exclude; git add a.txt; git -c user.name=a -c user.email=a@b commit -qm work`,
  );
  expect(patch?.match(/^diff --git .*/gm)).toEqual([
    'diff --git a/a.txt b/a.txt',
    'diff --git a/b.txt b/b.txt',
    'diff --git a/y.log b/y.log',
  ]);
  expect(patch).toContain('+two\n');
});

test.for([
  ['a `git` on PATH', `printf '#!/bin/sh\\n${hang}\\n' > ../bin/git; chmod +x ../bin/git`],
  ['an alias', `git config alias.add '!${hang}'; git config alias.diff '!${hang}'`],
  [
    'a hook',
    `printf '#!/bin/sh\\n${hang}\\n' | tee .git/hooks/post-index-change > .git/hooks/pre-commit; chmod +x .git/hooks/*`,
  ],
  ['a file system monitor', `git config core.fsmonitor 'sh -c "${hang}"'`],
  [
    'a filter',
    `git config filter.f.clean '${hang}'; git config filter.f.required true; echo '*.txt filter=f' > .git/info/attributes`,
  ],
  [
    'a diff driver',
    `git config diff.external '${hang}'; git config diff.d.textconv '${hang}'; echo '*.txt diff=d' > .git/info/attributes`,
  ],
  ['an include of a pipe', 'mkfifo .git/fifo; git config include.path fifo'],
  [
    'a remote that promises objects',
    `git config extensions.partialClone p; git config remote.p.promisor true; git config remote.p.url 'ext::sh -c "${hang}"'`,
  ],
  ['a broken index', 'echo junk > .git/index'],
  ['a pipe as index', 'rm .git/index; mkfifo .git/index'],
  ['a replaced base', 'git replace --graft HEAD; echo evil > .git/HEAD'],
])('%s changes nothing', async ([, trick]) => {
  const { patch, problem } = await collected(`${change}; ${trick}`);
  expect(problem).toBeUndefined();
  expect(patch).toContain('+two\n');
});

test.for([
  ['that is gone', 'rm -rf .git'],
  ['that is a file', 'rm -rf .git; echo junk > .git'],
  ['that is a pipe', 'rm -rf .git; mkfifo .git'],
  ['without objects', 'rm -rf .git/objects/*'],
])('a repository %s is a problem', async ([, trick]) => {
  const { patch, problem } = await collected(`${change}; ${trick}`);
  expect(patch).toBeUndefined();
  expect(problem).toMatch(
    /^no patch could be taken from the work tree: .*\/\.git does not have the base commit$/,
  );
});

test('a file that becomes a pipe is a problem', async () => {
  const { problem } = await collected('rm a.txt; mkfifo a.txt');
  expect(problem).toMatch(
    /^no patch could be taken from the work tree: error: a\.txt: can only add regular files/,
  );
});

test('a file that blocks whoever reads it is a problem', async () => {
  const script = 'mkdir d; mkfifo d/.gitignore; echo d > d/file';
  const { problem } = await collected(script, undefined, 1000 * slowness);
  expect(problem).toMatch(/^no patch could be taken from the work tree: git did not end within \S+ s$/);
});

test('a patch is collected again when the sandbox could not be reached in time', async () => {
  let away = true;
  const cutOff = (sandbox: Sandbox): Partial<Sandbox> => ({
    exec: (argv, options) => sandbox.exec(away ? ['sleep', '600'] : argv, options),
    async interruption() {
      if (!away) return undefined;
      away = false;
      return new SandboxError('SANDBOX_UNREACHABLE', 'The sandbox cannot be reached.', { fromOutside: true });
    },
  });
  const { patch } = await collected(change, cutOff, 1500 * slowness);
  expect(patch).toContain('+two\n');
});

test.for(['stop every new process', 'take all processes', 'break its shell'])(
  'processes that %s are ended by a restart, and the patch is collected',
  async (way) => {
    let blocked = true;
    const limitMs = way.startsWith('stop') ? 1500 * slowness : undefined;
    const stopped = (sandbox: Sandbox): Partial<Sandbox> => ({
      exec: (argv, options) => {
        if (!blocked) return sandbox.exec(argv, options);
        if (way.startsWith('take')) throw new SandboxError('SANDBOX_EXEC', 'no process is left');
        return sandbox.exec(way.startsWith('stop') ? ['sleep', '600'] : ['false'], options);
      },
      restart: async () => {
        blocked = false;
      },
    });
    const { patch } = await collected(change, stopped, limitMs);
    expect(patch).toContain('+two\n');
  },
);

test('a sandbox that answered, but cannot be restarted, is a problem', async () => {
  const { problem } = await collected('rm -rf .git', () => ({
    restart: () => Promise.reject(new SandboxError('SANDBOX_LOST', 'it has no shell')),
  }));
  expect(problem).toMatch(
    /does not have the base commit\. Its sandbox cannot be used again: it has no shell$/,
  );
});

test.for(['SANDBOX_LOST', 'SANDBOX_EXEC'])(
  '%s of a sandbox without restart is infrastructure',
  async (code) => {
    const lost = new SandboxError(code, 'it is gone');
    await expect(collected(change, () => ({ exec: () => Promise.reject(lost) }))).rejects.toBe(lost);
  },
);
