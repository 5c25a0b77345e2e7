import { Buffer } from 'node:buffer';
import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import type { FileContent } from '../contracts/jobs.ts';
import { type JobOutput, jobCommand, jobInput, readJobOutput } from './job-stream.ts';

const folders = { input: '/opt/in', result: '/opt/in/results', repo: '/opt' };

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      const run = async (
        program: string,
        {
          files = {},
          outputs = {},
          step = '',
          before = '',
        }: {
          files?: Readonly<Record<string, FileContent>>;
          outputs?: Readonly<Record<string, number>>;
          step?: string;
          before?: string;
        },
      ) => {
        const limits = new Map(Object.entries(outputs));
        const stepProgram = 'echo "step $4, results: $(ls "$2" 2> /dev/null)"; cat';
        const [, , wrapper = '', , ...args] = jobCommand({ program, stepProgram, outputs: limits }, folders);
        const input = Buffer.concat([...jobInput('MARK', Object.entries(files)), Buffer.from(step)]);
        const { stdout, ...ended } = await runInShell(
          shell,
          `${before}\nsh -c "$@"`,
          [wrapper, 'sh', ...args],
          {
            stdin: input,
          },
        );
        const output: JobOutput = { markedLines: [], outputFiles: new Map() };
        const isComplete = await readJobOutput([Buffer.from(stdout)] as never, 'MARK', limits, output);
        return { ...ended, ...output, isComplete, after: stdout.split('MARK end\n')[1] };
      };

      const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const contents: Readonly<Record<string, string | Uint8Array>> = {
        empty: '',
        plain: 'one\n\ttwo\n\n',
        quotes: `it's "$HOME" \`ls\` \\n %s %% '' \\`,
        unterminated: 'no line end',
        accents: 'ünï\n',
        lines: 'one\r\ntwo\r\n',
        all,
        long: 'x'.repeat(200_000),
        many: Buffer.concat(Array.from({ length: 400 }, () => all)),
      };

      test('job.sh writes every file as it is, of text and of bytes, short and long', async () => {
        const names = Object.keys(contents);
        const limits = Object.fromEntries(names.map((name) => [name, 1_000_000]));
        const { outputFiles, isComplete, stderr } = await run('mkdir "$2"; cp "$1"/* "$2" 2> /dev/null; :', {
          files: contents,
          outputs: limits,
        });
        expect([isComplete, stderr]).toEqual([true, '']);
        expect(new Map([...outputFiles].map(([name, bytes]) => [name, Buffer.from(bytes)]))).toEqual(
          new Map(names.map((name) => [name, Buffer.from(contents[name] as string)])),
        );
      });

      test('job.sh returns the outputs that exist, and both ends of one that is too long', async () => {
        const { outputFiles, markedLines } = await run(
          'read -r mark; mkdir "$2"; echo "$mark fact $3"; printf abcdefgh > "$2/long"; printf x > "$2/one"; : > "$2/none"',
          { outputs: { missing: 10, long: 4, one: 4, none: 4 } },
        );
        const texts = [...outputFiles].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]);
        expect(texts).toEqual([
          ['long', 'ab\ngh'],
          ['one', 'x'],
          ['none', ''],
        ]);
        expect(markedLines).toEqual(['fact /opt']);
      });

      test('job.sh becomes the step, which finds no results', async () => {
        const { after, stderr, exitCode } = await run('mkdir "$2"; echo secret > "$2/left"', {
          outputs: { left: 10 },
          step: 'first\nits input\n',
        });
        expect([after, stderr, exitCode]).toEqual(['step first, results: \nits input\n', 'MARK\n', 0]);
      });

      test('job.sh ends as a program that fails, without a step', async () => {
        const failed = await run('echo reason >&2; exit 70', { step: 'first\n' });
        expect(failed).toMatchObject({ isComplete: false, stderr: 'reason\n', exitCode: 70 });
      });

      test.for([
        ['short', 'x\n'],
        ['long', 'x'.repeat(20_000)],
      ] as const)(
        'job.sh does not start the program without a file for which there is no room: %s',
        async ([, content]) => {
          const { isComplete, exitCode, markedLines } = await run('echo MARK started', {
            files: { a: content },
            before: 'mkdir /opt/in; ln -s /dev/full /opt/in/a',
          });
          expect([isComplete, exitCode, markedLines]).toEqual([false, 70, []]);
        },
      );
    },
  );
