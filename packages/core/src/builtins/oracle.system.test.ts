import { readFileSync } from 'node:fs';
import { hostSandbox, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../sandbox/command.ts';

const program = readFileSync(new URL('./oracle.sh', import.meta.url), 'utf8');

/** Adds a line below the first of `lib.txt`. */
const patch = (text: string): string =>
  `diff --git a/lib.txt b/lib.txt\n--- a/lib.txt\n+++ b/lib.txt\n@@ -1 +1,2 @@\n top\n+${text}\n`;

for (const { name, path, isMissing } of testShells())
  describe.skipIf(isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${name} (needs ${name})`,
    () => {
      test('patches that conflict are merged by union, and the base is checked out', async () => {
        await using sandbox = await hostSandbox({ 'lib.txt': 'top\n' }, { path });
        for (const id of [1, 2, 3])
          await sandbox.writeFile(`${sandbox.patchesDir}/${id}.patch`, patch(`feature ${id}`));
        const argv = ['sh', '-c', program, 'sh', sandbox.patchesDir, '1', '2', '3'];
        const { exitCode, stdout, stderr } = await runCommand(sandbox, argv);
        expect([exitCode, stderr.toString()]).toEqual([0, '']);
        const added = stdout.toString().match(/^\+feature \d$/gm);
        expect(added?.toSorted()).toEqual(['+feature 1', '+feature 2', '+feature 3']);
        const after = await runCommand(sandbox, ['sh', '-c', 'cat lib.txt; git status --porcelain']);
        expect(after.stdout.toString()).toBe('top\n');
      });

      test('changes of others that the work tree begins with are no part of it', async () => {
        await using sandbox = await hostSandbox({ 'lib.txt': 'top\n' }, { path });
        await sandbox.writeFile(`${sandbox.patchesDir}/1.patch`, patch('x'));
        const prepare = 'echo x >> lib.txt; echo y > new.txt';
        await runCommand(sandbox, ['sh', '-c', prepare]);
        const argv = ['sh', '-c', program, 'sh', sandbox.patchesDir, '1'];
        const { exitCode, stdout } = await runCommand(sandbox, argv);
        expect(exitCode).toBe(0);
        expect(stdout.toString()).not.toContain('new.txt');
        const after = await runCommand(sandbox, ['sh', '-c', 'ls; cat lib.txt']);
        expect(after.stdout.toString()).toBe('lib.txt\ntop\n');
      });

      test('a patch that does not apply ends it', async () => {
        await using sandbox = await hostSandbox({ 'lib.txt': 'other\n' }, { path });
        await sandbox.writeFile(`${sandbox.patchesDir}/1.patch`, patch('x'));
        const { exitCode } = await runCommand(sandbox, ['sh', '-c', program, 'sh', sandbox.patchesDir, '1']);
        expect(exitCode).not.toBe(0);
      });

      test('a conflict that union does not resolve ends it, and the base is checked out', async () => {
        await using sandbox = await hostSandbox({ 'lib.txt': 'top\n' }, { path });
        const remove = `diff --git a/lib.txt b/lib.txt\ndeleted file mode 100644\n--- a/lib.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-top\n`;
        await sandbox.writeFile(`${sandbox.patchesDir}/1.patch`, remove);
        await sandbox.writeFile(`${sandbox.patchesDir}/2.patch`, patch('x'));
        const argv = ['sh', '-c', program, 'sh', sandbox.patchesDir, '1', '2'];
        const { exitCode } = await runCommand(sandbox, argv);
        expect(exitCode).not.toBe(0);
        const after = await runCommand(sandbox, ['sh', '-c', 'cat lib.txt; git status --porcelain']);
        expect(after.stdout.toString()).toBe('top\n');
      });
    },
  );
