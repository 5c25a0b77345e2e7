import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mustRun, runCommand } from '@cooperbench/core';
import { hostSandbox, testShells } from '@cooperbench/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { collectPatch } from './collect-patch.ts';
import { applyChanges, readHandedOver } from './hand-over.ts';
import { PatchFile } from './patch-file.ts';
import { prepareRepository } from './prepare-repository.ts';

const { signal } = new AbortController();

for (const { name, path, isMissing } of testShells())
  describe.skipIf(isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${name} (needs ${name})`,
    () => {
      const open = () =>
        hostSandbox({ 'a.txt': 'one\n', 'old.txt': 'old\n', '.gitignore': '*.log\n' }, { path });
      const newPatch = (): PatchFile => {
        const folder = mkdtempSync(join(tmpdir(), 'cooperbench-patch-'));
        onTestFinished(() => rmSync(folder, { recursive: true }));
        return new PatchFile(join(folder, 'patch'));
      };

      test('prepare-repository.sh leaves one commit, the index and ignored files', async () => {
        await using sandbox = await open();
        const identity = 'git config user.name a; git config user.email a@a';
        await mustRun(sandbox, [
          ...['sh', '-c'],
          `${identity}; echo later > later.txt; git add .; git commit -qm later; git tag t; git rm -q --cached old.txt; echo x > x.log`,
        ]);
        const { base, git, gitDir } = await prepareRepository(sandbox);
        const ask = 'git rev-list --all --count; git tag; git status --porcelain; cat x.log later.txt';
        const { stdout } = await runCommand(sandbox, ['sh', '-c', ask]);
        expect(stdout.toString()).toBe('1\nD  old.txt\n?? old.txt\nx\nlater\n');
        expect(gitDir).toBe(`${sandbox.repoDir}/.git`);
        expect(git).toMatch(/^\/.*git$/);
        // The same task gives the same commit.
        await using other = await open();
        await mustRun(other, [
          'sh',
          '-c',
          `${identity}; echo later > later.txt; git add .; git commit -qm other; git tag t`,
        ]);
        expect((await prepareRepository(other)).base).toBe(base);
      });

      test('collect-patch.sh and apply-changes.sh carry a work tree into another sandbox', async () => {
        await using sandbox = await open();
        const repository = await prepareRepository(sandbox);
        await mustRun(sandbox, [
          ...['sh', '-c'],
          "echo two >> a.txt; rm old.txt; printf '\\0\\1' > new.bin; echo x > x.log; echo y > y.log; git add -f y.log; echo z > patch.txt; git config alias.add '!false'",
        ]);
        const { patch } = await collectPatch(sandbox, repository, newPatch, 60_000, { without: ['y.log'] });
        await using other = await open();
        // Files that the image has beside the commit are part of the patch.
        await mustRun(other, ['sh', '-c', 'echo beside > new.bin']);
        expect(await applyChanges(other, await prepareRepository(other), patch!, 60_000, signal)).toBe(true);
        const ask = 'git diff --cached --name-status HEAD; cat a.txt; od -An -c new.bin | tr -d " "';
        const { stdout } = await runCommand(other, ['sh', '-c', ask]);
        expect(stdout.toString()).toBe('M\ta.txt\nA\tnew.bin\nD\told.txt\none\ntwo\n\\0001\n');
      });

      test('a damaged index does not lose a patch, and a lost base is said', async () => {
        await using sandbox = await open();
        const repository = await prepareRepository(sandbox);
        await mustRun(sandbox, ['sh', '-c', 'echo two >> a.txt; echo broken > .git/index']);
        const { patch } = await collectPatch(sandbox, repository, newPatch, 60_000);
        const kept = join(mkdtempSync(join(tmpdir(), 'cooperbench-patch-')), 'patch');
        onTestFinished(() => rmSync(dirname(kept), { recursive: true }));
        await patch!.moveTo(kept);
        expect(readFileSync(kept, 'utf8')).toContain('+two\n');
        const expectedLoss = { ...repository, base: repository.base.replaceAll(/./g, '1') };
        expect(await collectPatch(sandbox, expectedLoss, newPatch, 60_000)).toEqual({
          problem: `no patch could be taken from the work tree: ${repository.gitDir} does not have the base commit`,
        });
      });

      test('apply-changes.sh changes nothing when a part of the patch does not apply', async () => {
        await using sandbox = await open();
        const repository = await prepareRepository(sandbox);
        const patch = newPatch();
        const hunk = (file: string, line: string) =>
          `diff --git a/${file} b/${file}\n--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-${line}\n+changed\n`;
        await patch.add(Buffer.from(hunk('a.txt', 'one') + hunk('old.txt', 'something else')));
        await patch.close();
        await mustRun(sandbox, ['sh', '-c', 'echo mine > mine.txt']);
        expect(await applyChanges(sandbox, repository, patch, 60_000, signal)).toBe(false);
        const { stdout } = await runCommand(sandbox, [
          'sh',
          '-c',
          'cat a.txt mine.txt; git status --porcelain',
        ]);
        expect(stdout.toString()).toBe('one\nmine\n?? mine.txt\n');
      });

      test('read-handed-over.sh reads the beginning of files, and follows no link', async () => {
        await using sandbox = await open();
        await mustRun(sandbox, [
          ...['sh', '-c'],
          'mkdir d; echo plan > d/plan.md; ln -s /etc/passwd link; ln -s d way; head -c 100000 /dev/zero > long; mkfifo fifo',
        ]);
        const paths = ['d/plan.md', 'link', 'way/plan.md', 'missing', 'fifo', 'long'];
        const files = await readHandedOver(sandbox, paths, 60_000, signal);
        expect([...files].map(([path, content]) => [path, content.length])).toEqual([
          ['d/plan.md', 5],
          ['long', 65_536],
        ]);
      });
    },
  );
