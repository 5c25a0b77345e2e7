import assert from 'node:assert/strict';
import { runCommand } from '@cooperbench/core';
import { type BackendCase, readOutput, shell, withSandbox } from './backend-subject.ts';

/** Promises about starting programs and about their input and output. */
export const execCases: readonly BackendCase[] = [
  {
    name: 'standard output and standard error are separate',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const result = await shell(sandbox, 'echo out; echo err >&2');
        assert.equal(result.stdout.toString(), 'out\n');
        assert.equal(result.stderr.toString(), 'err\n');
      }),
  },
  {
    name: 'an exit code is a result',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        assert.equal((await shell(sandbox, 'exit 0')).exitCode, 0);
        assert.equal((await shell(sandbox, 'exit 1')).exitCode, 1);
        assert.equal((await shell(sandbox, 'exit 42')).exitCode, 42);
      }),
  },
  {
    name: 'a process that signal n ended exits with 128 + n',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        assert.equal((await shell(sandbox, 'kill -KILL $$')).exitCode, 137);
        assert.equal((await shell(sandbox, 'kill -TERM $$')).exitCode, 143);
      }),
  },
  {
    name: 'a missing executable exits 127 with a line on standard error',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        for (const name of ['no-such-program', '/no/such/program']) {
          const result = await runCommand(sandbox, [name, 'x']);
          assert.equal(result.exitCode, 127);
          assert.match(result.stderr.toString(), /no.such.program.*\n/);
        }
      }),
  },
  {
    name: 'a program sees its standard input end, and its output continues',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const result = await shell(sandbox, 'cat; echo after', { stdin: 'before\n' });
        assert.equal(result.stdout.toString(), 'before\nafter\n');
      }),
  },
  {
    name: 'input and output can alternate line by line',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const process = await sandbox.exec(['sh', '-c', 'while read -r line; do echo "got $line"; done']);
        const input = process.stdin.getWriter();
        const output = process.stdout.getReader();
        for (const word of ['one', 'two']) {
          await input.write(Buffer.from(`${word}\n`));
          let answer = '';
          while (!answer.endsWith('\n')) {
            const { value } = await output.read();
            assert.ok(value !== undefined, 'the output ended early');
            answer += Buffer.from(value);
          }
          assert.equal(answer, `got ${word}\n`);
        }
        await input.close();
        assert.equal(await process.wait(), 0);
      }),
  },
  {
    name: 'standard output and standard error can be opened by name',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const result = await shell(sandbox, 'echo out >/dev/stdout; echo err >/dev/stderr');
        assert.equal(result.stdout.toString(), 'out\n');
        assert.equal(result.stderr.toString(), 'err\n');
      }),
  },
  {
    name: 'arguments arrive as they are, without a shell in between',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const oddArguments = [
          ...['', ' ', 'a b', '"', "'", '$HOME', '`id`', '$(id)', '\\', '*', '~', ';', '&&', '|'],
          ...['a\nb', '\t', '-n', '--', '#', 'é→漢🙂', '=', 'A=b', '%s', '!'],
        ];
        const result = await runCommand(sandbox, ['printf', '<%s>', ...oddArguments]);
        assert.equal(result.stdout.toString(), oddArguments.map((arg) => `<${arg}>`).join(''));
      }),
  },
  {
    name: 'a program at an odd path is run like any other',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const path = `${sandbox.patchesDir}/it's $HOME/run "me" * now`;
        await sandbox.writeFile(path, '#!/bin/sh\nprintf "<%s>" "$@"\n');
        await runCommand(sandbox, ['chmod', '+x', path]);
        const { stdout } = await runCommand(sandbox, [path, 'a b', '']);
        assert.equal(stdout.toString(), '<a b><>');
      }),
  },
  {
    name: 'a long argument arrives whole',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const result = await runCommand(sandbox, ['printf', '%s', 'x'.repeat(100_000)]);
        assert.equal(result.stdout.length, 100_000);
      }),
  },
  {
    name: 'the working directory is the repository, or the one given',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        assert.equal(
          await readOutput(sandbox, 'pwd -P'),
          await readOutput(sandbox, `cd ${sandbox.repoDir}; pwd -P`),
        );
        assert.equal(await readOutput(sandbox, 'pwd', { cwd: '/' }), '/\n');
        await shell(sandbox, 'mkdir "odd  name"');
        assert.match(
          await readOutput(sandbox, 'pwd', { cwd: `${sandbox.repoDir}/odd  name` }),
          /\/odd {2}name\n$/,
        );
      }),
  },
  {
    name: 'a missing working directory fails the command, not the sandbox',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const result = await shell(sandbox, 'echo ran', { cwd: '/no/such/folder' });
        const { exitCode } = result;
        assert.ok(
          exitCode === 126 || exitCode === 127,
          `the exit code is ${exitCode}, and must be 126 or 127`,
        );
        assert.equal(result.stdout.toString().includes('ran\n'), false);
      }),
  },
  {
    name: 'variables given to exec are added to the environment, for that exec',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const env = { CONTRACT_A: 'a b "c" $d\ne', CONTRACT_EMPTY: '' };
        const script = 'printf "%s|%s|%s" "$CONTRACT_A" "${CONTRACT_EMPTY-unset}" "$PATH"';
        const path = await readOutput(sandbox, 'printf "%s" "$PATH"');
        assert.ok(path.length > 0);
        assert.equal(await readOutput(sandbox, script, { env }), `a b "c" $d\ne||${path}`);
        assert.equal(await readOutput(sandbox, 'echo "${CONTRACT_A-unset}"'), 'unset\n');
      }),
  },
  {
    name: "the host's environment stays on the host",
    check: async (subject) => {
      process.env.CONTRACT_HOST_SECRET = 'secret';
      try {
        await withSandbox(subject, async (sandbox) => {
          assert.equal((await readOutput(sandbox, 'env')).includes('CONTRACT_HOST_SECRET'), false);
        });
      } finally {
        delete process.env.CONTRACT_HOST_SECRET;
      }
    },
  },
  {
    name: 'concurrent execs share files and named pipes',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const place = (await readOutput(sandbox, 'mktemp -d')).trim();
        const args = [place];
        await shell(sandbox, 'mkfifo "$1/pipe"', { args });
        const [output] = await Promise.all([
          readOutput(sandbox, 'cat "$1/pipe"; cat "$1/file"', { args }),
          shell(sandbox, 'echo file >"$1/file"; echo pipe >"$1/pipe"', { args }),
        ]);
        assert.equal(output, 'pipe\nfile\n');
      }),
  },
];
