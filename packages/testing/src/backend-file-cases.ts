import assert from 'node:assert/strict';
import { SandboxError } from '@cooperbench/core';
import { type BackendCase, readOutput, shell, withFreshSandbox, withSandbox } from './backend-subject.ts';

const isFileError = (error: unknown): boolean => SandboxError.is(error) && error.code === 'SANDBOX_FILE';

/** Promises about files and the repository. */
export const fileCases: readonly BackendCase[] = [
  {
    name: 'any bytes can be written and read back: NULs, surrounding blanks, none, 20 MB',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const every = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
        const largeContent = Buffer.alloc(20 << 20, every.subarray(0, 251));
        for (const content of [every, Buffer.from('\n \ta\r\n\n'), new Uint8Array(), largeContent]) {
          const path = `${sandbox.patchesDir}/bytes`;
          await sandbox.writeFile(path, content);
          const back = await sandbox.readFile(path);
          assert.ok(Buffer.from(content).equals(Buffer.from(back)), `${content.byteLength} bytes differ`);
        }
      }),
  },
  {
    name: 'text is written as UTF-8, over what was there',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const path = `${sandbox.patchesDir}/text`;
        await sandbox.writeFile(path, 'something longer that was there before');
        await sandbox.writeFile(path, 'ünï 漢\r\n');
        assert.equal(await readOutput(sandbox, 'cat "$1"', { args: [path] }), 'ünï 漢\r\n');
      }),
  },
  {
    name: 'writing makes parent folders',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const path = `${sandbox.repoDir}/new/folder/file`;
        await sandbox.writeFile(path, 'x');
        assert.equal(await readOutput(sandbox, 'cat new/folder/file'), 'x');
      }),
  },
  {
    name: 'odd file names are just names',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const plain = [
          'a b',
          '-rf',
          '$HOME',
          "it's",
          '"',
          'é漢',
          'a\nb',
          '*',
          '..a',
          ' ',
          '\\',
          '`id`',
          ';',
          '~',
        ];
        for (const name of [...plain, 'x'.repeat(200)]) {
          const path = `${sandbox.patchesDir}/odd/${name}`;
          await sandbox.writeFile(path, name);
          assert.equal(Buffer.from(await sandbox.readFile(path)).toString(), name);
          assert.equal(await readOutput(sandbox, 'cat -- "$1"', { args: [path] }), name);
        }
      }),
  },
  {
    name: 'a file that cannot be read is a SandboxError SANDBOX_FILE',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        await assert.rejects(sandbox.readFile(`${sandbox.repoDir}/no-such-file`), isFileError);
        await assert.rejects(sandbox.readFile(sandbox.repoDir), isFileError);
      }),
  },
  {
    name: 'a file that cannot be written is a SandboxError SANDBOX_FILE',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        await shell(sandbox, 'mkdir "$1/folder"', { args: [sandbox.patchesDir] });
        await assert.rejects(sandbox.writeFile(`${sandbox.patchesDir}/folder`, 'x'), isFileError);
      }),
  },
  {
    name: 'a file is neither read nor written when the signal has aborted',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const path = `${sandbox.patchesDir}/file`;
        const signal = AbortSignal.abort(new Error('enough'));
        await sandbox.writeFile(path, 'before');
        await assert.rejects(sandbox.writeFile(path, 'after', { signal }), /enough/);
        await assert.rejects(sandbox.readFile(path, { signal }), /enough/);
        assert.equal(Buffer.from(await sandbox.readFile(path)).toString(), 'before');
      }),
  },
  {
    name: 'the repository is a git repository, and git works in it',
    check: (subject) =>
      withFreshSandbox(subject, async (sandbox) => {
        const commit = await shell(
          sandbox,
          'echo new >new-file && git add new-file && git -c user.name=a -c user.email=a@localhost commit -qm new && git diff --name-only HEAD~1',
        );
        assert.equal(commit.stdout.toString(), 'new-file\n', commit.stderr.toString());
      }),
  },
  {
    name: 'the repository is at one commit with a clean work tree',
    needs: 'task',
    check: (subject) =>
      withFreshSandbox(subject, async (sandbox) => {
        assert.equal(await readOutput(sandbox, 'git rev-list --all --count'), '1\n');
        const status = await shell(sandbox, 'git status --porcelain');
        assert.equal(status.exitCode, 0, status.stderr.toString());
        assert.equal(status.stdout.toString(), '');
      }),
  },
  {
    name: 'commands can be installed: some folder on PATH is writable',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const output = await readOutput(
          sandbox,
          'IFS=:; for d in $PATH; do [ -d "$d" ] && [ -w "$d" ] && { printf %s "$d"; exit; }; done',
        );
        assert.notEqual(output, '', 'no folder on PATH is writable');
        await sandbox.writeFile(`${output}/contract_command`, '#!/bin/sh\necho "ran $1"\n');
        await shell(sandbox, 'chmod +x "$1/contract_command"', { args: [output] });
        assert.equal(await readOutput(sandbox, 'contract_command once'), 'ran once\n');
      }),
  },
];
